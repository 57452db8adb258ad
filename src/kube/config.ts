import { access, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fromKubeconfig } from "./kubeconfig.ts";
import { tokenFile } from "./token.ts";

/** How to reach one API server, and as whom. PEM texts are as read from the files. */
export interface ClusterConfig {
  /** `https://host:port`, without a path at the end. */
  readonly server: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name to verify in the server's certificate, where it is not the host's. */
  readonly serverName?: string;
  /** Only from a kubeconfig that says so. */
  readonly insecureSkipTlsVerify?: boolean;
  /** The bearer token to send now; undefined where a client certificate speaks for us. Cheap to call for each request. */
  token(): Promise<string | undefined>;
  /** The namespace to work in unless told otherwise. */
  readonly namespace: string;
}

export interface ConfigSource {
  /** Path of a kubeconfig file. Given, nothing else is tried. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The kubeconfig named; else the pod's service account; else $KUBECONFIG; else ~/.kube/config. */
export async function loadConfig(source: ConfigSource = {}): Promise<ClusterConfig> {
  if (source.kubeconfig === undefined && source.context === undefined) {
    const inCluster = await inClusterConfig(process.env, SERVICE_ACCOUNT);
    if (inCluster !== undefined) return inCluster;
  }
  // kubectl merges several files named in KUBECONFIG; one is enough here.
  const path = source.kubeconfig ?? process.env.KUBECONFIG?.split(":")[0] ?? join(homedir(), ".kube", "config");
  return fromKubeconfig(path, source.context);
}

/** Undefined outside a pod. `directory` is where the service account's files are mounted. */
export async function inClusterConfig(
  environment: Readonly<Record<string, string | undefined>>,
  directory: string,
): Promise<ClusterConfig | undefined> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = "443" } = environment;
  const token = join(directory, "token");
  if (host === undefined || host === "" || !(await exists(token))) return undefined;
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    ca: await readFile(join(directory, "ca.crt"), "utf8"),
    token: tokenFile(token),
    namespace: (await readFile(join(directory, "namespace"), "utf8")).trim(),
  };
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
