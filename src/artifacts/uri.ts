import { ArtifactError } from "./errors.ts";
import type { Sha256 } from "./store.ts";

/** Characters that mean the same in S3, in a path and in a URI, so that nothing needs escaping. */
const KEY = /^[A-Za-z0-9][A-Za-z0-9._=+@-]*(\/[A-Za-z0-9._=+@-]+)*$/;

/** Refuses empty, absolute and climbing keys, and names that only one of the stores could hold. */
export function checkKey(key: string, uri: string): string {
  const climbs = key.split("/").some((part) => part === "." || part === "..");
  if (!KEY.test(key) || key.length > 900 || climbs) {
    throw new ArtifactError(
      "InvalidUri",
      uri,
      `${uri} is not a valid artifact name: use letters, digits and . _ = + @ - /`,
    );
  }
  return key;
}

/** The key of `uri` below `root`. */
export function keyBelow(root: string, uri: string): string {
  if (!uri.startsWith(root)) throw new ArtifactError("InvalidUri", uri, `${uri} does not lie in the store ${root}`);
  return checkKey(uri.slice(root.length), uri);
}

export function contentKey(folder: string, sha256: Sha256): string {
  return folder === "" ? sha256 : `${folder}/${sha256}`;
}

/** `s3://b/models/abc` → `s3://b/models/`: the smallest store that holds the object. */
export function parentOf(uri: string): string {
  const cut = uri.lastIndexOf("/");
  if (!/^[a-z0-9]+:\/\/[^/]*\/./.test(uri) || cut === uri.length - 1) {
    throw new ArtifactError(
      "InvalidUri",
      withoutUserInfo(uri),
      "an artifact's URI looks like s3://bucket/key or file:///path",
    );
  }
  return uri.slice(0, cut + 1);
}

/** For messages: a URI pasted with credentials in it must not travel on into a status or a log. */
export function withoutUserInfo(uri: string): string {
  return uri.replace(/:\/\/[^/]*@/, "://…@");
}
