import { expect, test } from "vitest";
import { apply } from "../harness/install.ts";
import { until } from "../harness/objects.ts";
import { eventually, podsWith, type Stage, trainingRun } from "./stage.ts";

/** Some thirty steps, with a checkpoint at each. */
const OPTIMIZATION = { learningRate: 4e-3, epochs: 4, globalBatchSize: 8, maxSequenceLength: 256, checkpointSteps: 1 };
const SECOND = "batch.kubernetes.io/job-completion-index=1";

/** One model that several pods train, as an Indexed Job. */
export function together(stage: () => Stage): void {
  test("two pods train one model; when one is lost both go on from the checkpoint", async () => {
    const { on, namespace, lesson } = stage();
    const name = "together";
    const pods = `learning.qi.dev/run=${name},learning.qi.dev/step=train`;
    const run = { dataset: lesson, optimization: OPTIMIZATION, resources: { nodes: 2 } };
    await apply(on, trainingRun(stage(), name, run));
    await until(on, "tr", namespace, name, ({ status }) => (status?.progressPercent ?? 0) >= 10, 180);
    const [lost = ""] = await podsWith(stage(), `${pods},${SECOND}`);
    await on.kubectl(["delete", "pod", lost, "--namespace", namespace, "--wait"]);
    await eventually(
      "another pod takes its place",
      async () => (await podsWith(stage(), `${pods},${SECOND}`)).some((pod) => pod !== lost),
      90,
    );
    const { status } = await until(
      on,
      "tr",
      namespace,
      name,
      ({ status }) => status?.phase === "Succeeded" || status?.phase === "Failed",
      360,
    );
    expect(status?.phase, status?.message).toBe("Succeeded");
    expect(status?.attempts, "an interruption is no attempt").toHaveLength(1);
    const job = JSON.parse(await on.kubectl(["get", "job", `${name}-train-1`, "-n", namespace, "--output", "json"]));
    expect(job).toMatchObject({ spec: { completionMode: "Indexed", completions: 2 }, status: { succeeded: 2 } });
    const first = (await podsWith(stage(), `${pods},batch.kubernetes.io/job-completion-index=0`)).at(-1) ?? "";
    const log = await on.kubectl(["logs", first, "--namespace", namespace]);
    expect(log).toContain('"event": "launched"');
    expect(log).toMatch(/"machines": 2/);
    expect(log, "it begins where the lost pod's partner stopped").toMatch(/"event": "resumed"/);
  });
}
