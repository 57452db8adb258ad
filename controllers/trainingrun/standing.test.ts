import { describe, expect, it } from "vitest";
import type { Pod } from "../../src/kube/resources.ts";
import { known, NOW, run, unknown } from "../common/objects.fixture.ts";
import { attempt, columns, endedPod, job, planFor, pod, podAt, recorded, runningPod } from "./run.fixture.ts";

/** A run that trains: its spec is recorded, and so are these attempts. */
const training = (attempts = [attempt()], spec = {}) => recorded(run(spec, {}, { attempts, step: "Training" }));

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

  it("is not taken for done while others of its pods have not been, nor while its queue holds it back", () => {
    const both = job("train", 1, "Active", { spec: { suspend: false, completions: 2 } });
    const done = podAt(both, { train: "done" });
    const before = recorded(run({ resources: { nodes: 2 } }, {}, { attempts: [attempt()], step: "Training" }));
    expect(columns(planFor([...before, both, done]))).toContain("Waiting Training – 1/3 – Starting");
    const queued = job("train", 1, "Active", { spec: { suspend: true } });
    const planned = planFor([
      ...training([attempt()], { queueName: "gpus" }),
      queued,
      podAt(queued, { train: "done" }),
    ]);
    expect(columns(planned)).toContain("Waiting Training – 1/3 – Queued");
  });

  it("ends by its own containers, not by what a mesh ends beside it", () => {
    const lost = endedPod(train, 45, { reason: "StorageUnavailable" });
    const proxy = { exitCode: 137, finishedAt: "2026-11-22T13:59:30Z", reason: "Error" };
    const meshed = { ...lost.status, initContainerStatuses: [{ name: "istio-proxy", state: { terminated: proxy } }] };
    const planned = planFor([...training(), train, pod(train, meshed)]);
    expect(columns(planned)).toContain("Waiting Training – 1/3 – StorageUnavailable");
  });

  it("is told from what a mesh runs beside it", () => {
    const meshed = podAt(train, {
      "istio-init": "done",
      "istio-proxy": "running",
      augment: "running",
      train: "waiting",
    });
    expect(columns(planFor([...training(), train, meshed]))).toBe("Running Preparing – 1/3 – – –");
    const early = podAt(train, {
      "istio-init": "done",
      "istio-proxy": "running",
      augment: "waiting",
      train: "waiting",
    });
    expect(columns(planFor([...training(), train, early]))).toContain("Waiting Training – 1/3 – Starting");
  });
});
