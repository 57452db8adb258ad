import { Readable } from "node:stream";
import { GetObjectCommand, HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { systemClock } from "./clock.ts";
import { s3Store } from "./s3.ts";

/** Imitates a store in which an object is finished by somebody else between our two questions. */
const finishing = {
  send: async (command: object) => {
    if (command instanceof HeadObjectCommand)
      throw Object.assign(new Error("not there"), { name: "NotFound", $metadata: { httpStatusCode: 404 } });
    if (command instanceof GetObjectCommand) return { Body: Readable.from(["whole"]), ContentLength: 5 };
    throw new Error("nothing else is asked");
  },
} as unknown as S3Client;

test("an object that is finished while it is looked for is there", async () => {
  const store = s3Store("s3://learning/", finishing, systemClock);
  expect(await store.head("s3://learning/models/x")).toEqual({ uri: "s3://learning/models/x", size: 5 });
});
