/** `debian:bookworm-slim`, made on this machine from Debian's packages: the same Dockerfiles build where no image registry is reachable. */

import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { imagesDir, madeDir } from "./paths.ts";
import { progress, run } from "./shell.ts";

export const baseImage = "debian:bookworm-slim";
export const caBundle = "/etc/ssl/certs/ca-certificates.crt";

/** What a slim image leaves out; apt fetches its lists anew in a Dockerfile's RUN anyway. */
const ballast = [
  "var/cache/apt/archives",
  "var/lib/apt/lists",
  "var/log",
  "usr/share/doc",
  "usr/share/man",
  "usr/share/locale",
  "usr/share/info",
];

/** Path of the image's root filesystem as a tar, made once by debootstrap. */
export async function baseImageArchive(): Promise<string> {
  const archive = join(madeDir(imagesDir), "debian-bookworm-slim.tar");
  if (existsSync(archive)) return archive;
  progress(`Making ${baseImage} with debootstrap (once, about a minute) …`);
  const root = mkdtempSync(join(imagesDir, "debootstrap-"));
  try {
    await run("debootstrap", ["--variant=minbase", "--include=ca-certificates", "bookworm", root]);
    for (const path of ballast) await run("find", [join(root, path), "-mindepth", "1", "-delete"]);
    // A machine behind a proxy that re-signs TLS trusts that proxy's CA; builds on this image must do the same.
    if (existsSync(caBundle)) await run("cp", [caBundle, join(root, caBundle)]);
    await run("tar", ["-C", root, "-cf", `${archive}.part`, "."]);
    renameSync(`${archive}.part`, archive);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return archive;
}
