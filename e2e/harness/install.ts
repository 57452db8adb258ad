import { join } from "node:path";
import type { Images } from "./images.ts";
import type { Target } from "./target.ts";

const charts = join(import.meta.dirname, "../../charts");

export interface Installation {
  readonly namespace: string;
  readonly release: string;
  readonly images: Images;
  /** Further values, as `--set-json` takes them: `storage={"endpoint":"…"}`. */
  readonly values?: Readonly<Record<string, unknown>>;
}

/** Installs the CRDs and one operator, and waits until it is ready. The namespace enforces pod security "restricted". */
export async function install(on: Target, { namespace, release, images, values = {} }: Installation): Promise<void> {
  await on.helm([
    ...["upgrade", "--install", "qi-learning-crds", join(charts, "qi-learning-crds"), "--namespace", "default"],
    // Whoever applied crds/ by hand before has the same kinds without Helm's labels.
    ...["--take-ownership", "--force-conflicts"],
  ]);
  await on.kubectl([
    "wait",
    "--for=condition=Established",
    "--timeout=60s",
    ...CRDS.map((name) => `crd/${name}.learning.qi.dev`),
  ]);
  await ensureNamespace(on, namespace);
  const set = { images: imageValues(images), ...values };
  await on.helm([
    ...["upgrade", "--install", release, join(charts, "qi-learning"), "--namespace", namespace],
    ...["--values", join(charts, "qi-learning/values-dev.yaml")],
    ...Object.entries(set).flatMap(([name, value]) => ["--set-json", `${name}=${JSON.stringify(value)}`]),
    ...["--wait", "--timeout", "5m"],
  ]);
}

export const CRDS = ["qualitypolicies", "trainingruns", "modelversions"] as const;

export function imageValues(images: Images): Record<string, string> {
  return { ...images };
}

export async function ensureNamespace(on: Target, name: string): Promise<void> {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  await apply(on, { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
}

/** Applies objects as they are. */
export async function apply(on: Target, ...objects: readonly object[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items: objects };
  await on.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], JSON.stringify(list));
}
