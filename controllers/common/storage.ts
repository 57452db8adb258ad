import type { OperatorConfig } from "../../src/api/operatorconfig.ts";
import type { EnvVar } from "./types.ts";

/** How a pod reaches the object store. The key stands in a Secret and nowhere else. */
export function storageEnv(
  storage: Pick<OperatorConfig["storage"], "endpoint" | "region" | "credentialsSecret">,
): EnvVar[] {
  const secret = (key: string) => ({
    name: key,
    valueFrom: { secretKeyRef: { name: storage.credentialsSecret, key } },
  });
  return [
    secret("AWS_ACCESS_KEY_ID"),
    secret("AWS_SECRET_ACCESS_KEY"),
    { name: "AWS_REGION", value: storage.region },
    ...(storage.endpoint === undefined ? [] : [{ name: "AWS_ENDPOINT_URL_S3", value: storage.endpoint }]),
  ];
}

/** Whether a CR may name this URI: the installer's list of prefixes, matched at a path boundary. */
export function uriAllowed(uri: string, storage: Pick<OperatorConfig["storage"], "uri" | "allowedUris">): boolean {
  return [storage.uri, ...storage.allowedUris].some((prefix) => {
    const bare = prefix.replace(/\/+$/, "");
    return uri === bare || uri.startsWith(`${bare}/`);
  });
}
