import { describe, expect, it } from "vitest";
import type { ModelVersion } from "../../src/api/v1alpha1/kinds.ts";
import { baselineRun, created, known, policy, run } from "../common/objects.fixture.ts";
import { versionOf } from "./publish.ts";
import { readBack } from "./resolve.ts";
import {
  adapter,
  artifact,
  attempt,
  columns,
  endedPod,
  job,
  planFor,
  pod,
  podAt,
  recorded,
  runningPod,
} from "./run.fixture.ts";

const trained = attempt(2, { adapter, loss: 0.7903, completionTime: "2026-11-22T13:50:00Z" });
/** A run whose second attempt has trained. */
const exporting = (status = {}) =>
  recorded(run({}, {}, { attempts: [attempt(1), trained], step: "Exporting", loss: 0.7903, ...status }));
const args = (made: unknown, list: "containers" | "initContainers", name: string): string[] =>
  (made as { spec: { template: { spec: Record<string, { name: string; args: string[] }[]> } } }).spec.template.spec[
    list
  ]?.find((container) => container.name === name)?.args ?? [];

describe("exporting", () => {
  it("merges and exports what the last attempt trained, told the settings it was trained with", () => {
    const planned = planFor(exporting());
    expect(planned.why).toEqual(["starting Job coder-x7k2p-export-2"]);
    const [made] = planned.create;
    const settings = { number: 2, learningRate: 2e-4, microBatchSize: 4, checkpointKey: "attempt-2" };
    const told = ["--attempt", JSON.stringify(settings)];
    const config = ["--config", "/etc/qi-learning/run.json", "--work", "/work"];
    expect(args(made, "initContainers", "merge")).toEqual([
      ...["merge", ...config, ...told],
      ...["--adapter-uri", adapter.uri, "--adapter-sha256", adapter.sha256],
    ]);
    expect(args(made, "containers", "export")).toEqual(["export", ...config, ...told]);
  });

  it("runs the serving Ollama beside the exporter, started before it", () => {
    const spec = { serving: { image: "ollama:of-the-policy" } };
    const [made] = planFor(recorded(run({}, {}, { attempts: [trained] }), policy(spec))).create;
    expect(made).toMatchObject({
      spec: {
        template: {
          spec: {
            initContainers: [
              { name: "ollama", image: "ollama:of-the-policy", restartPolicy: "Always" },
              { name: "merge" },
            ],
          },
        },
      },
    });
  });

  it("asks for no GPU", () => {
    expect(JSON.stringify(planFor(exporting()).create)).not.toContain("nvidia.com/gpu");
  });

  it("comes first for a run without a dataset: its base model is exported unchanged", () => {
    const planned = planFor(recorded(baselineRun()));
    expect(planned.why).toEqual(["starting Job coder-baseline-export-1"]);
    expect(args(planned.create[0], "initContainers", "merge")).not.toContain("--adapter-uri");
    expect(columns(planned)).toBe("Waiting Exporting – 1/3 – Starting –");
  });

  it("is at work while its init container merges, though Kubernetes calls such a pod pending", () => {
    const export2 = job("export", 2);
    const merging = podAt(export2, { ollama: "running", merge: "running", export: "waiting" });
    const said = { step: "Merging", percent: 40, loss: undefined, expectedTime: undefined };
    const planned = planFor([...exporting(), export2, merging], { progress: known(said) });
    expect(columns(planned)).toBe("Running Exporting 20% 2/3 0.7903 – –");
    const merged = podAt(export2, { ollama: "running", merge: "done", export: "running" });
    expect(columns(planFor([...exporting(), export2, merged]))).toBe("Running Exporting 50% 2/3 0.7903 – –");
  });

  it("takes neither Ollama's end nor the merge's for its own", () => {
    const export2 = job("export", 2, "Complete");
    const merged = pod(export2, {
      phase: "Running",
      initContainerStatuses: [
        { name: "ollama", state: { terminated: { exitCode: 2, finishedAt: "2026-11-22T13:59:30Z" } } },
        { name: "merge", state: { terminated: { exitCode: 0, finishedAt: "2026-11-22T13:59:00Z", message: "{}" } } },
      ],
    });
    const planned = planFor([...exporting(), export2, merged], { now: Date.parse("2026-11-22T13:59:10Z") });
    expect(planned.why).toEqual(["Job coder-x7k2p-export-2 has succeeded; what its pod said is not known yet."]);
  });

  it("that finds the model unlike the trained one (43) ends the run: another attempt would be no other", () => {
    const export2 = job("export", 2, "PodFailurePolicy");
    const said = { reason: "ParityFailed", message: "2 of 12 answers differ." };
    const planned = planFor([...exporting(), export2, endedPod(export2, 43, said)]);
    expect(planned.why).toEqual(["the run has failed: ParityFailed"]);
    expect(planned.status?.message).toBe("2 of 12 answers differ.");
    expect(planned.status?.attempts).toHaveLength(2);
  });

  it("waits for its pod's last word, and ends the run when that never comes", () => {
    const export2 = job("export", 2, "PodFailurePolicy");
    const early = planFor([...exporting(), export2], { now: Date.parse("2026-11-22T13:59:10Z") });
    expect(early.why).toEqual(["Job coder-x7k2p-export-2 has failed; what its pod said is not known yet."]);
    expect(planFor([...exporting(), export2]).why).toEqual(["the run has failed: ExportFailed"]);
  });

  it.each(["BackoffLimitExceeded", "DeadlineExceeded"])("that was given up (%s) ends the run", (reason) => {
    const planned = planFor([...exporting(), job("export", 2, reason)]);
    expect(planned.why[0]).toMatch(/^the run has failed: (InfrastructureFailed|DeadlineExceeded)$/);
  });

  it("whose pod is gone is run again, and finds its work done", () => {
    const lost = planFor([...exporting(), job("export", 2, "Complete")]);
    expect(lost.why).toEqual(["Job coder-x7k2p-export-2 has succeeded, but its pod is gone. Running it again"]);
    expect(lost.remove).toMatchObject([{ name: "coder-x7k2p-export-2" }]);
  });

  it("that did not say what came of it ends the run", () => {
    const export2 = job("export", 2, "Complete");
    const planned = planFor([
      ...exporting(),
      export2,
      endedPod(export2, 0, { artifact: { uri: "here", sha256: "x" } }),
    ]);
    expect(planned.why).toEqual(["the run has failed: ResultUnreadable"]);
  });

  it("records its artifact before it is published", () => {
    const export2 = job("export", 2, "Complete");
    const planned = planFor([...exporting(), export2, endedPod(export2, 0, { reason: "Completed", artifact })]);
    expect(planned).toMatchObject({ create: [], record: { artifact }, why: ["exported 999999999999, 1234 bytes"] });
  });
});

describe("publishing", () => {
  const published = exporting({ artifact });
  const expected = versionOf(run(), readBack(published[2]), artifact, adapter);
  const { name } = expected.metadata;

  it("creates a ModelVersion that nobody owns, named after policy and identity", () => {
    const planned = planFor(published);
    expect(planned.why).toEqual([`creating ModelVersion ${name}`]);
    expect(name).toMatch(/^coder-[0-9a-f]{8}$/);
    const [made] = planned.create as ModelVersion[];
    expect(made?.metadata.ownerReferences).toBeUndefined();
    expect(made?.spec).toMatchObject({
      policyRef: { name: "coder" },
      artifact: { uri: artifact.uri, sha256: artifact.sha256, size: 1234, format: "GGUF", quantization: "Q8_0" },
      lineage: { baseModel: "qwen3-8b", trainingRun: "coder-x7k2p", dataset: "d".repeat(64), adapter: adapter.sha256 },
    });
    expect(columns(planned)).toBe("Running Publishing – 2/3 0.7903 – –");
  });

  it("has succeeded once that version is there, whoever made it", () => {
    const { annotations: _, ...metadata } = created(expected).metadata;
    const planned = planFor([...published, { ...expected, metadata } as ModelVersion]);
    expect(planned.why).toEqual([`the run has succeeded: ${name}`]);
    expect(planned).toMatchObject({
      create: [],
      status: { modelVersion: name, completionTime: "2026-11-22T14:00:05Z" },
    });
    expect(columns(planned)).toBe("Succeeded Done 100% 2/3 0.7903 – –");
  });

  it("gives up when the name is taken by another model", () => {
    const other = { ...expected.spec, artifact: { ...expected.spec.artifact, sha256: "0".repeat(64) } };
    const planned = planFor([...published, { ...created(expected), spec: other } as ModelVersion]);
    expect(planned.why).toEqual(["the run has failed: NameTaken"]);
    expect(planned.create).toEqual([]);
  });

  it("names versions alike for like artifacts, whichever run made them, and otherwise for other templates", () => {
    const again = versionOf(run({}, { name: "coder-2" }), readBack(published[2]), artifact, undefined);
    expect(again.metadata.name).toBe(name);
    const template = versionOf(run(), { ...readBack(published[2]), template: "another" }, artifact, adapter);
    expect(template.metadata.name).not.toBe(name);
  });
});

it("is at work in an export's running pod", () => {
  const export2 = job("export", 2);
  expect(columns(planFor([...exporting(), export2, runningPod(export2)]))).toBe("Running Exporting – 2/3 0.7903 – –");
});
