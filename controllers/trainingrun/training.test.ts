import { describe, expect, it } from "vitest";
import type { Pod } from "../../src/kube/resources.ts";
import { known, NOW, policy, run, unknown } from "../common/objects.fixture.ts";
import { adapter, attempt, columns, endedPod, job, planFor, pod, podAt, recorded, runningPod } from "./run.fixture.ts";

/** A run that trains: its spec is recorded, and so are these attempts. */
const training = (attempts = [attempt()], spec = {}) => recorded(run(spec, {}, { attempts, step: "Training" }));

describe("an attempt", () => {
  it("is recorded before its Job exists", () => {
    const planned = planFor(recorded(run({ optimization: { learningRate: 1e-4, microBatchSize: 8 } })));
    expect(planned).toMatchObject({ create: [], why: ["attempt 1 is decided"] });
    expect(planned.record?.attempts).toEqual([
      {
        number: 1,
        learningRate: 1e-4,
        microBatchSize: 8,
        checkpointKey: "attempt-1",
        startTime: "2026-11-22T14:00:05Z",
      },
    ]);
  });

  it("gets its Job with the settings that were recorded, not with those of the spec", () => {
    const settled = { evaluation: { method: "LossOnly" } };
    const planned = planFor(training([attempt(2, { learningRate: 5e-5, microBatchSize: 1 })], settled));
    expect(planned.why).toEqual(["starting Job coder-x7k2p-train-2"]);
    const settings = { number: 2, learningRate: 5e-5, microBatchSize: 1, checkpointKey: "attempt-2" };
    expect(planned.create).toMatchObject([
      {
        kind: "Job",
        metadata: { name: "coder-x7k2p-train-2", ownerReferences: [{ kind: "TrainingRun", controller: true }] },
        spec: {
          suspend: false,
          template: {
            spec: { containers: [{ name: "train", args: expect.arrayContaining([JSON.stringify(settings)]) }] },
          },
        },
      },
    ]);
    expect(columns(planned)).toBe("Waiting Training – 2/3 – Starting –");
  });

  it("waits in Kueue's queue when it has one, from the start", () => {
    const [made] = planFor(training([attempt()], { queueName: "gpus" })).create;
    expect(made).toMatchObject({
      metadata: { labels: { "kueue.x-k8s.io/queue-name": "gpus" } },
      spec: { suspend: true },
    });
  });
});

describe("a Job at work", () => {
  const train = job("train", 1);
  const unschedulable = (message: string) => ({
    phase: "Pending",
    conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }],
  });
  const pulling = (reason: string) => ({
    phase: "Pending",
    conditions: [{ type: "PodScheduled", status: "True" }],
    containerStatuses: [{ name: "train", image: "trainer:1", state: { waiting: { reason } } }],
  });

  it.each([
    ["has no pod yet", [], "Waiting Training – 1/3 – Starting 2026-11-22T14:01:30Z"],
    [
      "finds no free GPU",
      [pod(train, unschedulable("0/3 nodes are available: 3 Insufficient nvidia.com/gpu."))],
      "Waiting Training – 1/3 – InsufficientGPU 2026-11-22T14:01:30Z",
    ],
    [
      "cannot pull its image",
      [pod(train, pulling("ImagePullBackOff"))],
      "Waiting Training – 1/3 – ImageUnavailable 2026-11-22T14:01:30Z",
    ],
    [
      "pulls its image",
      [pod(train, pulling("ContainerCreating"))],
      "Waiting Training – 1/3 – Starting 2026-11-22T14:01:30Z",
    ],
    [
      "lost a pod to the store",
      [endedPod(train, 45, { reason: "StorageUnavailable", message: "s3 does not answer." })],
      "Waiting Training – 1/3 – StorageUnavailable 2026-11-22T14:01:30Z",
    ],
    [
      "lost a pod to the node's memory",
      [endedPod(train, 137, undefined, { reason: "OOMKilled" })],
      "Waiting Training – 1/3 – OutOfNodeMemory 2026-11-22T14:01:30Z",
    ],
    [
      "lost a pod to whatever",
      [endedPod(train, 1, "Traceback …")],
      "Waiting Training – 1/3 – PodFailed 2026-11-22T14:01:30Z",
    ],
    [
      "wrote a checkpoint because it was told to stop",
      [endedPod(train, 75, { reason: "Checkpointed", message: "Stopped at step 50." })],
      "Waiting Training – 1/3 – Resuming 2026-11-22T14:01:30Z",
    ],
    ["runs", [runningPod(train)], "Running Training – 1/3 – – –"],
    [
      "runs again after a pod was lost",
      [endedPod(train, 45, { reason: "StorageUnavailable" }), runningPod(train)],
      "Running Training – 1/3 – – –",
    ],
  ])("that %s says so", (_, pods, printed) => {
    const planned = planFor([...training(), train, ...pods]);
    expect(columns(planned)).toBe(printed);
    expect(planned).toMatchObject({ create: [], remove: [], why: ["Job coder-x7k2p-train-1 is at work"] });
    expect(planned.requeueAfter).toBe(30_000);
  });

  it("says in whose queue it waits", () => {
    const queued = job("train", 1, "Active", { spec: { suspend: true } });
    const planned = planFor([...training([attempt()], { queueName: "gpus" }), queued]);
    expect(columns(planned)).toBe("Waiting Training – 1/3 – Queued 2026-11-22T14:01:30Z");
    expect(planned.status?.message).toBe("The Job waits in queue gpus.");
  });

  it("says what its pod's log says, in coarse steps", () => {
    const said = { step: "Training", percent: 63, loss: 0.8121, expectedTime: "2026-11-22T14:10:00Z" };
    const adjusted = [attempt(1), attempt(2, { change: "learningRate 0.0002 → 0.0001: the loss diverged" })];
    const second = job("train", 2);
    const planned = planFor([...training(adjusted), second, runningPod(second)], { progress: known(said) });
    expect(columns(planned)).toBe("Running Training 63% 2/3 0.8121 AdjustedLR 2026-11-22T14:10:00Z");
    expect(planned.status).toMatchObject({ progressPercent: 63, loss: 0.8121, message: "Training: 63%." });
  });

  it("says on what it said before the operator was restarted, for as long as the log has not been asked for", () => {
    const said = { phase: "Running", step: "Training", message: "Training: 40%.", progressPercent: 40, loss: 0.9 };
    const before = run({}, {}, { attempts: [attempt()], ...said, expectedTime: "2026-11-22T14:10:00Z" });
    const objects = [...recorded(before), train, runningPod(train)];
    const planned = planFor(objects, { progress: unknown });
    expect(columns(planned)).toBe("Running Training 40% 1/3 0.9000 – 2026-11-22T14:10:00Z");
    expect(planned.status?.message).toBe("Training: 40%.");
    expect(columns(planFor(objects, { progress: unknown, now: NOW + 30_000 }))).toBe(
      "Running Training – 1/3 0.9000 – –",
    );
  });

  it.each([
    ["augment", "Preparing", 6],
    ["rehearse", "Preparing", 56],
    ["train", "Training", 12],
    ["evaluate", "Evaluating", 12],
  ])("while its container %s is at work, the run's step is %s", (name, step, percent) => {
    const order = ["augment", "rehearse", "train", "evaluate"];
    const at = Object.fromEntries(
      order.map((one) => {
        const before = order.indexOf(one) - order.indexOf(name);
        return [one, before < 0 ? "done" : before === 0 ? "running" : "waiting"] as const;
      }),
    );
    const said = { step: "Working", percent: 12, loss: undefined, expectedTime: undefined };
    const planned = planFor([...training(), train, podAt(train, at)], { progress: known(said) });
    expect(planned.status).toMatchObject({ step, message: "Working: 12%.", progressPercent: percent });
    const seen = run({}, {}, { ...planned.status });
    const again = planFor([...recorded(seen), train, podAt(train, at)], { progress: unknown });
    expect(again.status).toMatchObject({ step, progressPercent: percent });
  });

  it("does not seem to wait, or to go back, between two containers and after the last", () => {
    const said = { phase: "Running", step: "Preparing", message: "Thinking: 90%.", progressPercent: 90 };
    const before = recorded(run({}, {}, { attempts: [attempt()], ...said }));
    const shown = (at: Parameters<typeof podAt>[1]) => columns(planFor([...before, train, podAt(train, at)]));
    expect(shown({ augment: "waiting", train: "waiting", evaluate: "waiting" })).toContain("Waiting Training");
    expect(shown({ augment: "done", rehearse: "waiting", train: "waiting" })).toBe("Running Preparing 90% 1/3 – – –");
    expect(shown({ augment: "done", train: "waiting", evaluate: "waiting" })).toBe("Running Training – 1/3 – – –");
    expect(shown({ augment: "done", train: "done", evaluate: "waiting" })).toBe("Running Evaluating – 1/3 – – –");
    expect(shown({ augment: "done", train: "done", evaluate: "done" })).toBe("Running Evaluating 100% 1/3 – – –");
  });

  it("waits for the last of the pods that train together, and goes by the first one's log", () => {
    const indexed = (index: string, of: Pod): Pod => ({
      ...of,
      metadata: {
        ...of.metadata,
        name: `${of.metadata.name}-${index}`,
        labels: { ...of.metadata.labels, "batch.kubernetes.io/job-completion-index": index },
      },
    });
    const second = indexed("1", pod(train, unschedulable("0/1 nodes are available: 1 Insufficient nvidia.com/gpu.")));
    const first = indexed("0", runningPod(train));
    expect(columns(planFor([...training(), train, first, second]))).toContain(
      "Waiting Training – 1/3 – InsufficientGPU",
    );
    const asked = planFor([...training(), train, indexed("1", runningPod(train)), first]);
    expect(asked.status?.message).toBe(`Pod ${first.metadata.name} is running.`);
  });

  it("keeps the last loss when nothing is known of its progress, and takes neither for zero", () => {
    const before = run({}, {}, { attempts: [attempt()], loss: 0.9 });
    for (const progress of [unknown, known(undefined)]) {
      const planned = planFor([...recorded(before), train, runningPod(train)], { progress });
      expect(columns(planned)).toBe("Running Training – 1/3 0.9000 – –");
    }
  });

  it("counts the pods that infrastructure cost, and never fewer than before", () => {
    const lost = { status: { failed: 2 } };
    const failures = (objects: Parameters<typeof planFor>[0]) => planFor(objects).status?.infrastructureFailures;
    expect(failures([...training(), job("train", 1, "Active", lost)])).toBe(2);
    const before = run({}, {}, { attempts: [attempt()], infrastructureFailures: 5 });
    expect(failures([...recorded(before), job("train", 1, "Active", lost)])).toBe(5);
  });

  it("does not take another Job's pod for its own", () => {
    const older = job("train", 7);
    expect(columns(planFor([...training(), train, runningPod(older)]))).toContain("Starting");
  });
});

describe("training that failed", () => {
  const train = job("train", 1, "PodFailurePolicy");
  const decide = (exitCode: number, reason: string, attempts = [attempt()], spec = {}) =>
    planFor([...training(attempts, spec), train, endedPod(train, exitCode, { reason, message: `${reason}.` })]);

  it("because configuration or data are invalid (42) ends the run with the trainer's own words", () => {
    const planned = decide(42, "DatasetChecksumMismatch");
    expect(planned.why).toEqual(["the run has failed: DatasetChecksumMismatch"]);
    expect(planned.status).toMatchObject({
      phase: "Failed",
      message: "DatasetChecksumMismatch.",
      completionTime: "2026-11-22T14:00:05Z",
      attempts: [{ number: 1, exitCode: 42, exitReason: "DatasetChecksumMismatch" }],
    });
    expect(columns(planned)).toBe("Failed Training – 1/3 – DatasetChecksumMismatch –");
  });

  it("because it diverged (43) is tried from the start with half the learning rate", () => {
    const planned = decide(43, "Diverged");
    expect(planned.why).toEqual(["attempt 2: learningRate 0.0002 → 0.0001: the loss diverged"]);
    expect(planned).toMatchObject({ create: [], remove: [] });
    expect(planned.record?.attempts).toMatchObject([
      { number: 1, exitCode: 43, exitReason: "Diverged", completionTime: "2026-11-22T14:00:05Z" },
      { number: 2, learningRate: 1e-4, microBatchSize: 4, checkpointKey: "attempt-2" },
    ]);
  });

  it("because memory ran out (44) goes on with half the micro-batch, from the same checkpoints", () => {
    const planned = decide(44, "OutOfMemory");
    expect(planned.why).toEqual(["attempt 2: microBatchSize 4 → 2: out of memory"]);
    expect(planned.record?.attempts?.[1]).toMatchObject({
      number: 2,
      learningRate: 2e-4,
      microBatchSize: 2,
      checkpointKey: "attempt-1",
    });
  });

  it("ends the run when no attempt is left", () => {
    const planned = decide(43, "Diverged", [attempt()], { maxAttempts: 1 });
    expect(planned.why).toEqual(["the run has failed: Diverged"]);
    expect(planned.status?.message).toBe("Diverged. No attempt is left (maxAttempts: 1).");
  });

  it.each([
    ["the micro-batch is one", 44, attempt(1, { microBatchSize: 1 })],
    ["the learning rate is a sixteenth of what was asked", 43, attempt(1, { learningRate: 2e-4 / 16 })],
  ])("ends the run when nothing is left to adjust: %s", (_, exitCode, last) => {
    const planned = decide(exitCode, "GaveUp", [last], { maxAttempts: 20 });
    expect(planned.status?.message).toBe("GaveUp. Nothing is left to adjust.");
  });

  it("is judged by what the last pod decided, not by the pods that infrastructure cost before", () => {
    const before = endedPod(train, 45, { reason: "StorageUnavailable" }, { at: "2026-11-22T13:59:59Z" });
    const planned = planFor([...training(), train, before, endedPod(train, 43, { reason: "Diverged" })]);
    expect(planned.why).toEqual(["attempt 2: learningRate 0.0002 → 0.0001: the loss diverged"]);
  });

  it("waits for the pod's last word, which comes by another watch than the Job's end", () => {
    const now = Date.parse("2026-11-22T13:59:10Z");
    for (const pods of [[], [runningPod(train)], [endedPod(train, 45, { reason: "StorageUnavailable" })]]) {
      const planned = planFor([...training(), train, ...pods], { now });
      expect(planned.why).toEqual(["Job coder-x7k2p-train-1 has failed; what its pod said is not known yet."]);
      expect(planned).toMatchObject({ status: { phase: "Running" }, requeueAfter: 20_000 });
    }
  });

  it("ends the run when that word never comes", () => {
    const planned = planFor([...training(), train]);
    expect(planned.why).toEqual(["the run has failed: TrainingFailed"]);
    expect(planned.status?.message).toBe("Job failed: PodFailurePolicy");
  });

  it("by infrastructure, once too often, ends the run and says that it was not its fault", () => {
    const gaveUp = job("train", 1, "BackoffLimitExceeded");
    const planned = planFor([
      ...training(),
      gaveUp,
      endedPod(gaveUp, 45, { reason: "StorageFull", message: "No room." }),
    ]);
    expect(planned.why).toEqual(["the run has failed: InfrastructureFailed"]);
    expect(planned.status?.message).toMatch(
      /nothing was wrong with the run itself\. The last pod ended with 45: No room\./,
    );
  });

  it("by its deadline ends the run", () => {
    const planned = planFor([...training(), job("train", 1, "DeadlineExceeded")]);
    expect(planned.why).toEqual(["the run has failed: DeadlineExceeded"]);
  });
});

describe("training that is done", () => {
  const train = job("train", 1, "Complete");
  const said = {
    reason: "Completed",
    metrics: { loss: 0.79029, evaluationLoss: 0.81, perplexity: 2.25 },
    dataset: { rows: 120, used: 100, tooLong: 3, thinking: 75, nonThinking: 25 },
    checkpoint: { uri: "s3://learning/checkpoints/u/attempt-1/step-00000100.tar", step: 100 },
    adapter,
  };

  it("is recorded before anything is made of it", () => {
    const planned = planFor([...training(), train, endedPod(train, 0, said)]);
    expect(planned).toMatchObject({ create: [], why: ["attempt 1 has trained: adapter aaaaaaaaaaaa"] });
    expect(planned.record).toMatchObject({
      attempts: [{ adapter, checkpoint: { step: 100 }, exitCode: 0, exitReason: "Completed", loss: 0.79029 }],
      evaluation: { loss: 0.81, perplexity: 2.25 },
      dataset: { rows: 120, used: 100, tooLong: 3, thinkingRatioAchieved: 0.75 },
      loss: 0.79029,
    });
  });

  it("tells what was measured of the model, as far as its status can hold it", () => {
    const of = (n: number, value: number | null) => ({ n, value, low: value, high: value });
    const evaluation = {
      uri: `s3://learning/evaluations/${"e".repeat(64)}.json`,
      sha256: "e".repeat(64),
      accuracy: { Thinking: of(40, 0.9), NonThinking: of(0, null) },
      reasoning: {
        wellFormed: of(40, 1),
        noneWhenNotAsked: of(40, 1),
        traceLengthRatio: of(40, 0.97),
        loops: of(80, 0),
      },
      leakage: { canariesExtracted: of(0, null), exposureBits: of(0, null), secrets: of(32, 0) },
      forgetting: { tasks: 2, backwardTransfer: of(2, -0.01) },
    };
    const dataset = {
      ...said.dataset,
      thinkingRatio: { asked: 0.75, achieved: 0.75 },
      rehearsal: { asked: 20, achieved: 18, tasks: 3 },
    };
    const trained = { ...said, dataset };
    const ended = (container: string, message: object) => ({
      name: container,
      image: "trainer:1",
      state: { terminated: { exitCode: 0, finishedAt: "2026-11-22T13:59:00Z", message: JSON.stringify(message) } },
    });
    const evaluated = pod(train, {
      phase: "Succeeded",
      initContainerStatuses: [ended("train", trained)],
      containerStatuses: [ended("evaluate", { reason: "Completed", evaluation })],
    });
    const { record } = planFor([...training(), train, evaluated]);
    expect(record?.evaluation).toEqual({
      loss: 0.81,
      perplexity: 2.25,
      accuracy: { thinking: { samples: 40, value: 0.9, low: 0.9, high: 0.9 }, nonThinking: { samples: 0 } },
      reasoning: expect.objectContaining({ loops: { samples: 80, value: 0, low: 0, high: 0 } }),
      leakage: { canariesExtracted: { samples: 0 }, secrets: { samples: 32, value: 0, low: 0, high: 0 } },
      forgetting: { tasks: 2, backwardTransfer: { samples: 2, value: -0.01, low: -0.01, high: -0.01 } },
      report: { uri: evaluation.uri, sha256: evaluation.sha256 },
    });
    expect(record?.dataset).toMatchObject({
      thinkingRatioAsked: 0.75,
      rehearsal: { asked: 20, achieved: 18, tasks: 3 },
    });
  });

  it("counts although its figures are missing", () => {
    const planned = planFor([...training(), train, endedPod(train, 0, { adapter })]);
    expect(planned.record?.attempts).toMatchObject([{ adapter, exitReason: "Completed" }]);
  });

  it("waits a moment for its pod's last state", () => {
    const planned = planFor([...training(), train, runningPod(train)], { now: Date.parse("2026-11-22T13:59:20Z") });
    expect(planned).toMatchObject({ remove: [], status: { phase: "Running" }, requeueAfter: 10_000 });
    expect(planned.why).toEqual(["Job coder-x7k2p-train-1 has succeeded; what its pod said is not known yet."]);
  });

  it("is run again when its pod is gone for good: it finds its work done", () => {
    const lost = planFor([...training(), train]);
    expect(lost.why).toEqual(["Job coder-x7k2p-train-1 has succeeded, but its pod is gone. Running it again"]);
    expect(lost.remove).toMatchObject([{ name: "coder-x7k2p-train-1", uid: train.metadata.uid }]);
    expect(columns(lost)).toBe("Waiting Training – 1/3 – ResultLost –");
    expect(planFor(training()).why).toEqual(["starting Job coder-x7k2p-train-1"]);
  });

  it("ends the run, rather than run again for ever, when the pod is there and did not say what came of it", () => {
    const planned = planFor([...training(), train, endedPod(train, 0, "not JSON")]);
    expect(planned.why).toEqual(["the run has failed: ResultUnreadable"]);
  });
});

it("does not depend on the policy, nor on the time of day, once the attempt is recorded", () => {
  const [subject, , map] = training();
  const without = planFor([subject, map]).create;
  expect(planFor([subject, policy({ suspend: true }), map], { now: NOW + 86_400_000 }).create).toEqual(without);
});
