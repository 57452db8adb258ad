import { describe, expect, it } from "vitest";
import { NOW, policy, run } from "../common/objects.fixture.ts";
import { adapter, attempt, columns, endedPod, job, planFor, pod, recorded, runningPod } from "./run.fixture.ts";

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
