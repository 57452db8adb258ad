import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { KINDS } from "../../src/api/v1alpha1/kinds.ts";
import { Client } from "../../src/kube/client.ts";
import { loadConfig } from "../../src/kube/config.ts";
import { type KubeObject, keyOf, type Resource, refTo } from "../../src/kube/object.ts";
import { Namespaces } from "../../src/kube/resources.ts";
import { Transport } from "../../src/kube/transport.ts";

/** Who we are in `metadata.managedFields`. */
export const MANAGER = "qi-learning-contract";

export type AnyObject = KubeObject & { readonly spec: object; readonly status?: object };

/** A real API server, as the contract asks it: most questions as dry runs, so that nothing is left behind and no operator acts on it. */
export class Server implements AsyncDisposable {
  readonly client: Client;
  readonly #kubeconfig: string;
  readonly #transport: Transport;

  private constructor(kubeconfig: string, client: Client, transport: Transport) {
    this.#kubeconfig = kubeconfig;
    this.client = client;
    this.#transport = transport;
  }

  /** The server of QI_KUBECONFIG. */
  static async connect(kubeconfig = process.env.QI_KUBECONFIG): Promise<Server> {
    if (kubeconfig === undefined || kubeconfig === "")
      throw new Error(
        "QI_KUBECONFIG is not set: the contract is with a real API server; `npm run cluster -- up` starts one and prints its kubeconfig's path.",
      );
    const config = await loadConfig({ kubeconfig });
    return new Server(kubeconfig, new Client(config), new Transport(config));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.client.close(), this.#transport.close()]);
  }

  /** What the server would store, unknown fields refused. Rejects with the server's words where it refuses. */
  create(object: AnyObject): Promise<AnyObject> {
    const { namespace } = keyOf(object);
    return this.#transport.json({
      method: "POST",
      path: pathOf(object.kind, namespace),
      tried: `create ${object.kind} ${object.metadata.name}`,
      query: { dryRun: "All", fieldValidation: "Strict", fieldManager: MANAGER },
      body: object,
    });
  }

  /** What the server would store after a JSON merge patch, in which null removes a field. */
  patch(object: AnyObject, body: object): Promise<AnyObject> {
    const { namespace, name } = keyOf(object);
    return this.#transport.json({
      method: "PATCH",
      path: `${pathOf(object.kind, namespace)}/${name}`,
      tried: `patch ${object.kind} ${name}`,
      contentType: "application/merge-patch+json",
      query: { dryRun: "All", fieldValidation: "Strict", fieldManager: MANAGER },
      body,
    });
  }

  /** A namespace of our own; it goes, with all that is in it, when it is disposed of. */
  async namespace(): Promise<AsyncDisposable & { readonly name: string }> {
    const name = `contract-${Math.random().toString(36).slice(2, 10)}`;
    const created = await this.client.create(
      { apiVersion: "v1", kind: "Namespace", metadata: { name } },
      { fieldManager: MANAGER },
    );
    return { name, [Symbol.asyncDispose]: () => this.client.remove({ ...refTo(created), resource: Namespaces }) };
  }

  /** What kubectl prints; its complaint, where it fails. */
  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const running = promisify(execFile)(
      process.env.QI_KUBECTL || "kubectl",
      ["--kubeconfig", this.#kubeconfig, ...args],
      { encoding: "utf8", maxBuffer: 16 << 20 },
    );
    running.child.stdin?.end(input ?? "");
    return running.then(
      ({ stdout }) => stdout,
      (error: { stderr?: string; message: string }) => Promise.reject(new Error(error.stderr || error.message)),
    );
  }
}

export function resourceOf(kind: string): Resource<AnyObject> {
  const found = KINDS.find(({ resource }) => resource.kind === kind);
  if (found === undefined) throw new Error(`${kind} is none of ours`);
  return found.resource as Resource<AnyObject>;
}

function pathOf(kind: string, namespace: string): string {
  const { group, version, plural } = resourceOf(kind);
  return `/apis/${group}/${version}/namespaces/${namespace}/${plural}`;
}

/** Asks every 50 ms until the answer is true; fails with `what` after 30 s. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`After 30 s still not: ${what}`);
    await sleep(50);
  }
}

/** Whether a call succeeds. */
export const succeeds = (call: Promise<unknown>): Promise<boolean> =>
  call.then(
    () => true,
    () => false,
  );
