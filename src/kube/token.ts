import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Milliseconds } from "./clock.ts";

/** The kubelet replaces a projected token at 80 % of its life (an hour and more), so a minute late is early enough. */
const REREAD_AFTER: Milliseconds = 60_000;

/** A token kept in a file that somebody else renews. If a reading fails, the last token read is used while there is one. */
export function tokenFile(path: string, elapsed: () => Milliseconds = () => performance.now()): () => Promise<string> {
  let token: string | undefined;
  let readAt = 0;
  return async () => {
    if (token !== undefined && elapsed() - readAt < REREAD_AFTER) return token;
    try {
      token = (await readFile(path, "utf8")).trim();
      readAt = elapsed();
    } catch (error) {
      if (token === undefined) throw new Error(`cannot read the token file ${path}`, { cause: error });
    }
    return token;
  };
}

/** A kubeconfig's `user.exec`. */
export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
}

export interface ExecCredential {
  readonly token?: string;
  readonly clientCertificateData?: string;
  readonly clientKeyData?: string;
  readonly expirationTimestamp?: string;
}

/** Runs a credential plugin (KEP-541) once. Its output is a secret: errors name the command, never what it printed. */
export async function runExecPlugin(plugin: ExecPlugin): Promise<ExecCredential> {
  const info = { apiVersion: plugin.apiVersion, kind: "ExecCredential", spec: { interactive: false } };
  const env = Object.fromEntries((plugin.env ?? []).map(({ name, value }) => [name, value]));
  try {
    const { stdout } = await promisify(execFile)(plugin.command, [...(plugin.args ?? [])], {
      env: { ...process.env, ...env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      timeout: 60_000,
    });
    return (JSON.parse(stdout) as { status: ExecCredential }).status;
  } catch (error) {
    const { code } = error as { code?: unknown };
    throw new Error(`credential plugin ${plugin.command} failed${code === undefined ? "" : ` (${String(code)})`}`);
  }
}

/** A plugin's token, asked for again a minute before it expires. */
export function execToken(plugin: ExecPlugin, first: ExecCredential): () => Promise<string | undefined> {
  let credential = first;
  return async () => {
    const expires = credential.expirationTimestamp;
    if (expires !== undefined && Date.parse(expires) - 60_000 < Date.now()) credential = await runExecPlugin(plugin);
    return credential.token;
  };
}
