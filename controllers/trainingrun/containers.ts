import type { Pod } from "../../src/kube/resources.ts";
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

/** The containers of a pod that do the run's work: not Ollama, nor what a mesh has put in. In the order in which they run. */
export function ownContainers({ status }: Pod) {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].filter(({ name }) =>
    STEPS.has(name),
  );
}

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
  const own = ownContainers(pod);
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

/** Which of the pods that train together one is: the Job controller's own annotation, and in newer clusters a label, too. */
const INDEX = "batch.kubernetes.io/job-completion-index";

export function indexOf({ metadata: { labels, annotations } }: Pod): number {
  return Number(labels?.[INDEX] ?? annotations?.[INDEX] ?? 0);
}

/** The first of those that train together first; of those with one index the newest, which replaces the others. */
export function inOrder(pods: readonly Pod[]): Pod[] {
  const created = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp ?? "") || 0;
  return pods.toSorted((a, b) => indexOf(a) - indexOf(b) || created(b) - created(a));
}

/** Of these, those that have not ended. */
export function alive(pods: readonly Pod[]): Pod[] {
  return pods.filter(({ status }) => status?.phase === "Pending" || status?.phase === "Running");
}
