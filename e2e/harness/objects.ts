import type { ModelVersion, QualityPolicy, TrainingRun } from "../../src/api/v1alpha1/kinds.ts";
import type { Target } from "./target.ts";

export interface Kinds {
  tr: TrainingRun;
  mv: ModelVersion;
  qp: QualityPolicy;
}

/** An object of ours as it is now, or undefined when there is none. */
export async function get<K extends keyof Kinds>(
  on: Target,
  kind: K,
  namespace: string,
  name: string,
): Promise<Kinds[K] | undefined> {
  const { code, stdout, stderr } = await on.tryKubectl([
    "get",
    kind,
    name,
    "--namespace",
    namespace,
    "--output",
    "json",
  ]);
  if (code === 0) return JSON.parse(stdout) as Kinds[K];
  if (stderr.includes("NotFound")) return undefined;
  throw new Error(stderr);
}

/** Looks again and again until `holds`, and answers the object; throws after `seconds` with what it last read. */
export async function until<K extends keyof Kinds>(
  on: Target,
  kind: K,
  namespace: string,
  name: string,
  holds: (object: Kinds[K]) => boolean,
  seconds = 300,
): Promise<Kinds[K]> {
  const deadline = Date.now() + seconds * 1000;
  let last: Kinds[K] | undefined;
  for (;;) {
    try {
      last = await get(on, kind, namespace, name);
      if (last !== undefined && holds(last)) return last;
    } catch (error) {
      // The API server may be away for a moment: some scenarios take it away.
      if (Date.now() > deadline) throw error;
    }
    if (Date.now() > deadline)
      throw new Error(
        `${kind}/${name}: not as expected after ${seconds} s; its status: ${JSON.stringify(last?.status, null, 1)}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
