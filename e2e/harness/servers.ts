import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { attemptDocker, docker, dockerBuild, ensureDocker } from "../cluster/docker.ts";
import { ensurePackages } from "../cluster/packages.ts";
import { run } from "../cluster/shell.ts";
import { SERVER_LABEL } from "./server-label.ts";

/** Images of the servers that tests of the data plane start, built from Debian's packages on our own dockerd. */
export async function ensureServers(): Promise<Record<string, string>> {
  const host = await ensureDocker();
  await removeLeftovers();
  return {
    DOCKER_HOST: host,
    // Its image comes from a registry; what it would clean up, we remove by label.
    TESTCONTAINERS_RYUK_DISABLED: "true",
    QI_POSTGRES_IMAGE: await ensureServer("postgres"),
    QI_REDIS_IMAGE: await ensureServer("redis"),
    QI_FAKETIME_LIBRARY: await ensureFaketime(),
  };
}

/** What makes a process see another time. */
async function ensureFaketime(): Promise<string> {
  await ensurePackages(["libfaketime"]);
  const library = (await run("dpkg", ["--listfiles", "libfaketime"]))
    .split("\n")
    .find((file) => file.endsWith("/libfaketimeMT.so.1"));
  if (library === undefined) throw new Error("the Debian package libfaketime holds no libfaketimeMT.so.1");
  return library;
}

async function ensureServer(name: string): Promise<string> {
  const context = join(import.meta.dirname, "../cluster/images", name);
  const hash = createHash("sha256");
  for (const file of readdirSync(context).sort()) hash.update(`${file}\n`).update(readFileSync(join(context, file)));
  const tag = `qi-learning-test/${name}:${hash.digest("hex").slice(0, 16)}`;
  if ((await attemptDocker(["image", "inspect", tag])).code !== 0) await dockerBuild({ context, tag });
  return tag;
}

/** Containers of a test run that was killed. */
async function removeLeftovers(): Promise<void> {
  const ids = (await docker(["ps", "--all", "--quiet", "--filter", `label=${SERVER_LABEL}`])).split("\n");
  const found = ids.filter((id) => id !== "");
  if (found.length > 0) await docker(["rm", "--force", "--volumes", ...found]);
}
