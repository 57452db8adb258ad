import type { Ref } from "../../src/kube/object.ts";
import { type Job, Jobs } from "../../src/kube/resources.ts";
import type { Adjustment } from "../../src/runtime/plan.ts";
import type { Ending, FailedJob } from "./outcome.ts";
import { failed, type Part, POLL, type Resolved, standing } from "./parts.ts";
import { standingOfJob } from "./standing.ts";

/** A Job at work: its pods say why they wait, its log how far it is. */
export function following(at: Resolved, job: Job, step: "Training" | "Exporting"): Part {
  const { snapshot, resolved, now } = at;
  const unsuspend = job.spec?.suspend === true && resolved.training.queueName === "";
  return {
    ...standing(snapshot, now, standingOfJob(snapshot, resolved, job, step, now)),
    ...(unsuspend ? { adjust: [suspend(job, false)] } : {}),
    requeueAfter: POLL,
    why: [unsuspend ? `going on with Job ${job.metadata.name}` : `Job ${job.metadata.name} is at work`],
  };
}

/** The Job was ended by what its pod said, and that has not been heard yet: two watches, and no order between them. */
export function unheard(
  { snapshot, now }: Resolved,
  job: Job,
  state: FailedJob,
  step: "Training" | "Exporting",
): Part | undefined {
  const left = Date.parse(state.at) + POD_GRACE - now;
  if (!(left > 0)) return undefined;
  const message = `Job ${job.metadata.name} has failed; what its pod said is not known yet.`;
  return {
    ...standing(snapshot, now, { phase: "Running", step, reason: "ReadingResult", message }),
    requeueAfter: left,
    why: [message],
  };
}

export function jobGaveUp({ snapshot, now }: Resolved, state: FailedJob, ending: Ending | undefined): Part {
  const last =
    ending === undefined
      ? ""
      : ` The last pod ended with ${ending.exitCode}: ${ending.said.message || ending.said.reason}`;
  if (state.failed === "DeadlineExceeded")
    return failed(snapshot, now, "DeadlineExceeded", `The Job was active longer than activeDeadline allows.${last}`);
  return failed(
    snapshot,
    now,
    "InfrastructureFailed",
    `Pods failed more often than the infrastructure budget allows; nothing was wrong with the run itself.${last} Mend the cause and create the run again.`,
  );
}

/**
 * The Job succeeded, but its pod and what it said are gone. Its output lies in the store, so the step is run again:
 * it finds its work done and says the same.
 */
export function lostPod({ snapshot, now }: Resolved, job: Job, step: "Training" | "Exporting"): Part {
  const done = Date.parse(String(job.status?.completionTime ?? ""));
  const left = done + POD_GRACE - now;
  const unheard = `Job ${job.metadata.name} has succeeded; what its pod said is not known yet.`;
  if (left > 0)
    return {
      ...standing(snapshot, now, { phase: "Running", step, reason: "ReadingResult", message: unheard }),
      requeueAfter: left,
      why: [unheard],
    };
  const message = `Job ${job.metadata.name} has succeeded, but its pod is gone.`;
  return {
    ...standing(snapshot, now, {
      phase: "Waiting",
      step,
      reason: "ResultLost",
      message: `${message} It is run again and finds its work done.`,
    }),
    remove: [refOf(job)],
    why: [`${message} Running it again`],
  };
}

/** Running it again would say the same. */
export function unreadable({ snapshot, now }: Resolved, { pod, container }: Ending): Part {
  return failed(
    snapshot,
    now,
    "ResultUnreadable",
    `Container ${container} of pod ${pod} succeeded and did not say what came of it: this operator and its training image do not fit. Install a release's own images, and create the run again.`,
  );
}

/** How long the pod's last state may take to arrive after the Job's. */
const POD_GRACE = 30_000;

export function suspend(job: Job, suspended: boolean): Adjustment {
  return { ref: refOf(job), change: { spec: { suspend: suspended } } };
}

export function refOf(job: Job): Ref {
  return {
    resource: Jobs,
    namespace: job.metadata.namespace ?? "",
    name: job.metadata.name,
    uid: job.metadata.uid ?? "",
  };
}
