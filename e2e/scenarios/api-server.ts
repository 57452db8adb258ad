import { expect, test } from "vitest";
import { startPart, stopPart } from "../cluster/parts.ts";
import { apply } from "../harness/install.ts";
import { until } from "../harness/objects.ts";
import { type Stage, trainingRun } from "./stage.ts";

const OPTIMIZATION = { learningRate: 4e-3, epochs: 2, globalBatchSize: 8, maxSequenceLength: 256 };

/** Last and alone: while the API server is away, nothing else can be looked at. */
export function apiServer(stage: () => Stage): void {
  test("an API server that is killed and restarted in the middle of a run costs the run nothing", async () => {
    const { on, namespace, lesson } = stage();
    await apply(on, trainingRun(stage(), "restarted", { dataset: lesson, optimization: OPTIMIZATION }));
    await until(
      on,
      "tr",
      namespace,
      "restarted",
      ({ status }) => status?.step === "Training" && status.phase === "Running",
      90,
    );
    await stopPart("kube-apiserver");
    await startPart("kube-apiserver");
    const run = await until(
      on,
      "tr",
      namespace,
      "restarted",
      ({ status }) => status?.phase === "Succeeded" || status?.phase === "Failed",
      300,
    );
    expect(run.status?.phase, run.status?.message).toBe("Succeeded");
    expect(run.status?.attempts).toHaveLength(1);
    expect(run.status?.infrastructureFailures).toBe(0);
  });
}
