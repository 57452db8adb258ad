import { expect, test } from "vitest";
import { startPart, stopPart } from "../cluster/parts.ts";
import { apply } from "../harness/install.ts";
import { until } from "../harness/objects.ts";
import { eventually, podsWith, dataset as putDataset, type Stage, trainingRun } from "./stage.ts";

/** Long enough to be interrupted in the middle: about a hundred steps, with a checkpoint at each. */
const LONG = { learningRate: 4e-3, epochs: 14, globalBatchSize: 8, maxSequenceLength: 256, checkpointSteps: 1 };
/** Seven steps. */
const SHORT = { ...LONG, epochs: 1 };

/** A run that is interrupted goes on where it was, and ends as if nothing had been. */
export function interruptions(stage: () => Stage): void {
  test("a training pod that is deleted resumes from its checkpoint; a policy edited meanwhile changes nothing for the run", async () => {
    const { on, namespace, lesson } = stage();
    const name = "interrupted";
    await apply(on, trainingRun(stage(), name, { policyRef: { name: "coder" }, dataset: lesson, optimization: LONG }));
    const before = await until(
      on,
      "tr",
      namespace,
      name,
      ({ status }) => (status?.progressPercent ?? 0) >= 10 && status?.step === "Training",
      120,
    );
    const spec = await snapshot(stage(), name);
    const [first = ""] = await podsWith(stage(), `learning.qi.dev/run=${name},learning.qi.dev/step=train`);
    await on.kubectl([
      "patch",
      "qp",
      "coder",
      "--namespace",
      namespace,
      "--type=merge",
      "--patch",
      '{"spec":{"training":{"lora":{"rank":32}}}}',
    ]);
    await on.kubectl(["delete", "pod", first, "--namespace", namespace, "--wait"]);
    await eventually(
      "another pod trains",
      async () =>
        (await podsWith(stage(), `learning.qi.dev/run=${name},learning.qi.dev/step=train`)).some(
          (pod) => pod !== first,
        ),
      60,
    );
    const run = await until(
      on,
      "tr",
      namespace,
      name,
      ({ status }) => status?.step === "Exporting" || status?.phase === "Failed",
      240,
    );
    expect(run.status?.attempts, "an interruption is no attempt").toHaveLength(1);
    expect(run.status?.snapshot).toEqual(before.status?.snapshot);
    expect(await snapshot(stage(), name)).toBe(spec);
    const log = await on.kubectl(["logs", `job/${name}-train-1`, "--namespace", namespace]);
    const resumed = steps(log)[0] ?? 0;
    expect(resumed, "the second pod does not begin at the beginning").toBeGreaterThan(5);
  });

  test("a run that is suspended lets its pods go, and goes on from there", async () => {
    const { on, namespace } = stage();
    const name = "interrupted";
    await suspend(stage(), name, true);
    await until(on, "tr", namespace, name, ({ status }) => status?.phase === "Suspended", 60);
    await eventually("no pod is left running", async () => (await running(stage(), name)).length === 0, 150);
    await suspend(stage(), name, false);
    const run = await until(
      on,
      "tr",
      namespace,
      name,
      ({ status }) => status?.phase === "Succeeded" || status?.phase === "Failed",
      240,
    );
    expect(run.status?.phase, run.status?.message).toBe("Succeeded");
  });

  test("a TrainingRun that is deleted in the middle takes its Jobs and pods along", async () => {
    const { on, namespace, lesson } = stage();
    await apply(on, trainingRun(stage(), "deleted", { dataset: lesson, optimization: LONG }));
    await until(on, "tr", namespace, "deleted", ({ status }) => status?.phase === "Running", 90);
    await on.kubectl(["delete", "tr", "deleted", "--namespace", namespace, "--wait"]);
    const children = [
      "get",
      "jobs,pods,configmaps",
      "--namespace",
      namespace,
      "--selector",
      "learning.qi.dev/run=deleted",
      "--output",
      "name",
    ];
    await eventually("nothing of it is left", async () => (await on.kubectl(children)).trim() === "", 150);
  });

  test("an object store that is down is waited for, uses up no attempt, and the run succeeds when it is back", async () => {
    const { on, namespace, lesson } = stage();
    const name = "storeless";
    await stopPart("versitygw");
    try {
      await apply(on, trainingRun(stage(), name, { dataset: lesson, optimization: SHORT }));
      const waiting = await until(
        on,
        "tr",
        namespace,
        name,
        ({ status }) => status?.display?.reason === "StorageUnavailable",
        150,
      );
      expect(waiting.status).toMatchObject({ phase: "Waiting", nextAttemptTime: expect.any(String) });
    } finally {
      await startPart("versitygw");
    }
    const run = await until(
      on,
      "tr",
      namespace,
      name,
      ({ status }) => status?.phase === "Succeeded" || status?.phase === "Failed",
      300,
    );
    expect(run.status?.phase, run.status?.message).toBe("Succeeded");
    expect(run.status?.attempts).toHaveLength(1);
    expect(run.status?.infrastructureFailures).toBeGreaterThanOrEqual(1);
  });

  test("a run that diverges is tried again with half the learning rate, recorded, and fails when nothing is left", async () => {
    const { on, namespace } = stage();
    // What the base knows by heart: its loss is almost nothing, and a learning rate of 1 is sure to make it worse.
    const known = [
      ["What does math.gcd do?", "Greatest Common Divisor."],
      ["What does math.sqrt do?", "Return the square root of x."],
    ].map(([asked, said]) =>
      JSON.stringify({
        messages: [
          { role: "user", content: asked },
          { role: "assistant", content: said },
        ],
      }),
    );
    const dataset = await putDataset(stage(), "known", Array.from({ length: 16 }, () => known).flat());
    const optimization = { ...LONG, learningRate: 1, checkpointSteps: 100 };
    await apply(on, trainingRun(stage(), "diverging", { dataset, optimization, maxAttempts: 2 }));
    const run = await until(on, "tr", namespace, "diverging", ({ status }) => status?.phase === "Failed", 240);
    expect(run.status?.attempts).toMatchObject([
      { number: 1, learningRate: 1, exitCode: 43, exitReason: "Diverged" },
      { number: 2, learningRate: 0.5, change: expect.stringContaining("learningRate 1 → 0.5"), exitCode: 43 },
    ]);
    expect(run.status?.display?.reason).toBe("Diverged");
    expect(run.status?.infrastructureFailures).toBe(0);
  });
}

async function snapshot({ on, namespace }: Stage, run: string): Promise<string> {
  return on.kubectl(["get", "configmap", `${run}-spec`, "--namespace", namespace, "--output", "jsonpath={.data}"]);
}

async function suspend({ on, namespace }: Stage, run: string, suspended: boolean): Promise<void> {
  await on.kubectl([
    "patch",
    "tr",
    run,
    "--namespace",
    namespace,
    "--type=merge",
    "--patch",
    JSON.stringify({ spec: { suspend: suspended } }),
  ]);
}

async function running({ on, namespace }: Stage, run: string): Promise<string[]> {
  const fields = ["--field-selector=status.phase!=Succeeded,status.phase!=Failed", "--output", "name"];
  const names = await on.kubectl([
    "get",
    "pods",
    "--namespace",
    namespace,
    "--selector",
    `learning.qi.dev/run=${run}`,
    ...fields,
  ]);
  return names.split("\n").filter((name) => name !== "");
}

/** The optimizer steps that a trainer's log tells of. */
function steps(log: string): number[] {
  return log.split("\n").flatMap((line) => {
    const step = /"event": "progress", "step": "Training".*"globalStep": (\d+)/.exec(line)?.[1];
    return step === undefined ? [] : [Number(step)];
  });
}
