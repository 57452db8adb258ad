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
  await established(on);
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

const ESTABLISHED = 60_000;

interface Definition {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] | null };
}

/** Both `kubectl wait` and a filter of JSONPath fail at once for a definition so new that its conditions are null. */
async function established(on: Target): Promise<void> {
  const names = CRDS.map((name) => `crd/${name}.learning.qi.dev`);
  const deadline = Date.now() + ESTABLISHED;
  for (;;) {
    const { items } = JSON.parse(await on.kubectl(["get", ...names, "--output", "json"])) as { items: Definition[] };
    const waiting = items.filter(
      ({ status }) => status?.conditions?.some((it) => it.type === "Established" && it.status === "True") !== true,
    );
    if (waiting.length === 0) return;
    if (Date.now() > deadline)
      throw new Error(`The API server does not serve ${waiting.map(({ metadata }) => metadata.name).join(", ")} yet`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
