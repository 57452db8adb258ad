import type { Pod } from "../../src/kube/resources.ts";
import { labelOf } from "../common/labels.ts";
import { OTHERS } from "./outcome.ts";
import type { Standing } from "./status.ts";

export type ShownStep = NonNullable<Standing["step"]>;

/** What a run's STEP column says while a container of its pod is at work. */
const STEPS = new Map<string, ShownStep>([
  ["augment", "Preparing"],
  ["rehearse", "Preparing"],
  ["train", "Training"],
  ["evaluate", "Evaluating"],
  ["merge", "Exporting"],
  ["export", "Exporting"],
]);

export interface Work {
  readonly container: string;
  readonly isRunning: boolean;
  readonly step: ShownStep;
  /** Of the step: how many containers it has, and how many of them are done. */
  readonly parts: number;
  readonly done: number;
}

/** What a pod is at: its containers run one after the other. Undefined before the first of them has begun. */
export function workOf(pod: Pod): Work | undefined {
  const own = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].filter(
    ({ name }) => !OTHERS.has(name),
  );
  if (!own.some(({ state }) => state?.running !== undefined || state?.terminated !== undefined)) return undefined;
  const running = own.find(({ state }) => state?.running !== undefined);
  // Between two of them none runs: the next one is about to.
  const current = running ?? own.find(({ state }) => state?.terminated === undefined) ?? own.at(-1);
  const step = STEPS.get(current?.name ?? "");
  if (current === undefined || step === undefined) return undefined;
  const within = own.filter(({ name }) => STEPS.get(name) === step);
  return {
    container: current.name,
    isRunning: running !== undefined,
    step,
    parts: within.length,
    done: within.indexOf(current),
  };
}

/** The Job controller's own label: which of the pods that train together one is. */
const INDEX_LABEL = "batch.kubernetes.io/job-completion-index";

/** The first of those that train together first; of those with one index the newest, which replaces the others. */
export function inOrder(pods: readonly Pod[]): Pod[] {
  const index = (pod: Pod) => Number(labelOf(pod, INDEX_LABEL) ?? 0);
  const created = ({ metadata }: Pod) => metadata.creationTimestamp ?? "";
  return pods.toSorted((a, b) => index(a) - index(b) || (created(a) < created(b) ? 1 : -1));
}
