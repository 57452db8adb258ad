import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import type { ClusterConfig } from "./config.ts";
import { type ExecPlugin, execToken, runExecPlugin, tokenFile } from "./token.ts";

/** The part of a kubeconfig file that is read here. */
interface Kubeconfig {
  readonly "current-context"?: string;
  readonly contexts?: readonly { name: string; context: { cluster: string; user: string; namespace?: string } }[];
  readonly clusters?: readonly { name: string; cluster: ClusterEntry }[];
  readonly users?: readonly { name: string; user: UserEntry | null }[];
}

interface ClusterEntry {
  readonly server: string;
  readonly "certificate-authority"?: string;
  readonly "certificate-authority-data"?: string;
  readonly "insecure-skip-tls-verify"?: boolean;
  readonly "tls-server-name"?: string;
}

interface UserEntry {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly exec?: ExecPlugin;
  readonly "client-certificate"?: string;
  readonly "client-certificate-data"?: string;
  readonly "client-key"?: string;
  readonly "client-key-data"?: string;
}

/** The context named, or the file's current one. Paths inside the file are relative to the file, as for kubectl. */
export async function fromKubeconfig(path: string, contextName?: string): Promise<ClusterConfig> {
  const file = (parse(await readFile(path, "utf8")) ?? {}) as Kubeconfig;
  const named = <E extends { name: string }>(what: string, list: readonly E[] | undefined, name: string): E => {
    const found = list?.find((entry) => entry.name === name);
    if (found !== undefined) return found;
    const names = (list ?? []).map((entry) => entry.name).join(", ");
    throw new Error(`${path} has no ${what} named "${name}"; it has: ${names || "none"}`);
  };
  const { context } = named("context", file.contexts, contextName ?? file["current-context"] ?? "");
  const { cluster } = named("cluster", file.clusters, context.cluster);
  const user = named("user", file.users, context.user).user ?? {};

  const pem = async (data: string | undefined, filePath: string | undefined): Promise<string | undefined> => {
    if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
    return filePath === undefined ? undefined : readFile(resolve(dirname(path), filePath), "utf8");
  };
  const credential = user.exec === undefined ? undefined : await runExecPlugin(user.exec);
  const ca = await pem(cluster["certificate-authority-data"], cluster["certificate-authority"]);
  const cert =
    credential?.clientCertificateData ?? (await pem(user["client-certificate-data"], user["client-certificate"]));
  const key = credential?.clientKeyData ?? (await pem(user["client-key-data"], user["client-key"]));
  const serverName = cluster["tls-server-name"];
  return {
    server: cluster.server.replace(/\/+$/, ""),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(cluster["insecure-skip-tls-verify"] === true ? { insecureSkipTlsVerify: true } : {}),
    token:
      user.exec !== undefined && credential !== undefined
        ? execToken(user.exec, credential)
        : user.tokenFile !== undefined
          ? tokenFile(resolve(dirname(path), user.tokenFile))
          : async () => user.token,
    namespace: context.namespace ?? "default",
  };
}
