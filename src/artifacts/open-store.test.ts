import { expect, test } from "vitest";
import { openStore, openStoreOf } from "./open-store.ts";

test("the URI's scheme chooses the store", () => {
  expect(openStore("s3://learning/a", {}).root).toBe("s3://learning/a/");
  expect(openStore("file:///tmp/a", {}).root).toBe("file:///tmp/a/");
  expect(() => openStore("https://learning/a", {})).toThrow("neither s3://bucket/… nor file:///…");
});

test("a store for one object reaches only the object's folder", async () => {
  const store = openStoreOf("s3://learning/models/abc", {});
  expect(store.root).toBe("s3://learning/models/");
  await expect(store.head("s3://learning/datasets/abc")).rejects.toMatchObject({ code: "InvalidUri" });
});

test.each(["s3://learning", "s3://learning/", "s3://learning/models/", "file:///", "models/abc"])(
  "%s names no object",
  (uri) => {
    expect(() => openStoreOf(uri, {})).toThrow("an artifact's URI looks like");
  },
);

test("credentials in a URI are refused and not repeated", () => {
  expect(() => openStore("s3://id:canary@learning/", {})).toThrow(
    expect.objectContaining({ code: "InvalidUri", message: expect.not.stringContaining("canary") }),
  );
});
