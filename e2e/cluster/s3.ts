/** An S3 service over a folder (versitygw), at one address for the host and for pods. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { madeDir, s3Url, stateDir } from "./paths.ts";
import type { Command } from "./processes.ts";
import { ensureTool } from "./tools.ts";

export interface S3Credentials {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const credentialsFile = join(stateDir, "s3.json");

/** Keys of the cluster's S3, random, made once in the life of a cluster. Buckets are addressed path style. */
export function s3Credentials(): S3Credentials {
  if (!existsSync(credentialsFile)) {
    madeDir(stateDir);
    const keys = { accessKeyId: randomBytes(10).toString("hex"), secretAccessKey: randomBytes(20).toString("hex") };
    writeFileSync(credentialsFile, JSON.stringify(keys), { mode: 0o600 });
  }
  const keys = JSON.parse(readFileSync(credentialsFile, "utf8")) as Pick<
    S3Credentials,
    "accessKeyId" | "secretAccessKey"
  >;
  return { endpoint: s3Url, region: "us-east-1", ...keys };
}

export async function s3Command(): Promise<Command> {
  const { accessKeyId, secretAccessKey, region } = s3Credentials();
  return {
    program: await ensureTool("versitygw"),
    args: ["--port", new URL(s3Url).host, "--region", region, "posix", madeDir(join(stateDir, "s3"))],
    env: { ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey },
  };
}
