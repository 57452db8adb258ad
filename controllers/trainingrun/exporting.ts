import { rfc3339 } from "../../src/runtime/conditions.ts";
import { following, jobGaveUp, lostPod, unheard, unreadable } from "./job-parts.ts";
import { exportJob, jobName } from "./jobs.ts";
import { decidedEnding, doneEnding, jobState, newestEnding, podsOf } from "./outcome.ts";
import { failed, normal, type Part, type Resolved, record, standing } from "./parts.ts";
import { digestOf, versionOf } from "./publish.ts";
import { type Standing, statusOf } from "./status.ts";

/** Merges, converts and checks what was trained, or the base model where there was nothing to train on. */
export function exporting(at: Resolved): Part | undefined {
  const { snapshot, resolved, now } = at;
  if (snapshot.status.artifact !== undefined) return undefined;
  const attempt = snapshot.status.attempts?.at(-1);
  const name = jobName(snapshot.run, "export", attempt?.number ?? 1);
  const job = snapshot.jobs.find((candidate) => candidate.metadata.name === name);
  if (job === undefined)
    return {
      ...standing(snapshot, now, {
        phase: "Waiting",
        step: "Exporting",
        reason: "Starting",
        message: `Job ${name} is being created.`,
      }),
      create: [exportJob(snapshot.run, resolved, attempt)],
      events: [normal("ExportStarted", "Merging, converting, and comparing with the model in the serving Ollama.")],
      why: [`starting Job ${name}`],
    };
  const state = jobState(job);
  const ending = newestEnding(podsOf(snapshot, job));
  if (state === "Active") return following(at, job, "Exporting");
  if (state !== "Complete") {
    if (state.failed !== "PodFailurePolicy") return jobGaveUp(at, state, ending);
    const decided = decidedEnding(podsOf(snapshot, job));
    if (decided !== undefined) return failed(snapshot, now, decided.said.reason, decided.said.message);
    return unheard(at, job, state, "Exporting") ?? failed(snapshot, now, "ExportFailed", state.message);
  }
  const done = doneEnding(podsOf(snapshot, job), "export");
  if (done === undefined) return lostPod(at, job, "Exporting");
  const { artifact } = done.said;
  if (artifact == null) return unreadable(at, done);
  return record(snapshot, now, { artifact }, `exported ${artifact.sha256.slice(0, 12)}, ${artifact.size} bytes`);
}

/** Creates the ModelVersion, which nothing owns: it outlives the run. */
export function publishing({ snapshot, resolved, now }: Resolved): Part {
  const { artifact } = snapshot.status;
  if (artifact === undefined) throw new Error("publishing was reached without an artifact");
  const version = versionOf(snapshot.run, resolved, artifact, snapshot.status.attempts?.at(-1)?.adapter);
  const existing = snapshot.modelVersion;
  const { name } = version.metadata;
  if (existing === undefined)
    return {
      ...standing(snapshot, now, {
        phase: "Running",
        step: "Publishing",
        reason: "Publishing",
        message: `ModelVersion ${name} is being created.`,
      }),
      create: [version],
      why: [`creating ModelVersion ${name}`],
    };
  if (digestOf(existing) !== digestOf(version))
    return failed(
      snapshot,
      now,
      "NameTaken",
      `ModelVersion ${name} exists and is another model: delete it, then create the run again.`,
    );
  const conclusion: Standing = {
    phase: "Succeeded",
    step: "Done",
    reason: "Completed",
    message: `ModelVersion ${name} holds the result.`,
  };
  return {
    status: statusOf(snapshot, now, conclusion, {
      modelVersion: name,
      completionTime: rfc3339(now),
      progressPercent: 100,
    }),
    events: [normal("Succeeded", conclusion.message)],
    why: [`the run has succeeded: ${name}`],
  };
}
