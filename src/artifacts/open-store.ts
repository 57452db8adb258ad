import { fileURLToPath } from "node:url";
import { type Clock, systemClock } from "./clock.ts";
import { ArtifactError } from "./errors.ts";
import { folderStore } from "./folder.ts";
import { s3Store } from "./s3.ts";
import { type Environment, s3Client } from "./s3-client.ts";
import type { ArtifactStore } from "./store.ts";
import { parentOf, withoutUserInfo } from "./uri.ts";

/** Opens the store whose root is `uri`: `s3://bucket[/prefix]` or `file:///folder`. Credentials come from `env`, never from the URI. */
export function openStore(uri: string, env: Environment, clock: Clock = systemClock): ArtifactStore {
  const root = uri.endsWith("/") ? uri : `${uri}/`;
  const shown = withoutUserInfo(uri);
  if (shown !== uri) throw new ArtifactError("InvalidUri", shown, "an artifact's URI must not contain credentials");
  if (root.startsWith("s3://")) return s3Store(root, s3Client(env), clock);
  if (root.startsWith("file:///")) return folderStore(fileURLToPath(root), clock);
  throw new ArtifactError("InvalidUri", shown, `${shown} is neither s3://bucket/… nor file:///…`);
}

/** Opens the store that holds the one object `uri` names, and reaches nothing outside the object's folder. */
export function openStoreOf(uri: string, env: Environment, clock: Clock = systemClock): ArtifactStore {
  return openStore(parentOf(uri), env, clock);
}
