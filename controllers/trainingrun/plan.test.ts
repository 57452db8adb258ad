import { describe, expect, it } from "vitest";
import { config, loosePolicy, NOW, policy, run, sha, TEMPLATE } from "../common/objects.fixture.ts";
import { readBack, resolve } from "./resolve.ts";
import { adapter, artifact, attempt, columns, endedPod, job, planFor, recorded, runningPod } from "./run.fixture.ts";

const ended = (status: "True" | "False") => {
  const at = { lastTransitionTime: "2026-11-22T12:00:00Z", reason: "Completed", message: "" };
  return { completionTime: "2026-11-22T12:00:00Z", conditions: [{ type: "Succeeded", status, ...at }] };
};

describe("a run that is deleted", () => {
  it("leaves its Jobs to garbage collection and its status alone, even when it had ended", () => {
    const [going, ...rest] = recorded(run({}, { deletionTimestamp: "2026-11-22T13:59:00Z" }, ended("True")));
    expect(planFor([going, ...rest, job("train", 1)])).toEqual({
      create: [],
      apply: [],
      remove: [],
      events: [],
      why: ["the run is being deleted: its Jobs go with it"],
    });
  });
});

describe("a run that has ended", () => {
  const train = job("train", 1, "Complete");

  it("keeps its Jobs for their logs until ttlAfterFinished is over", () => {
    const planned = planFor([...recorded(run({ ttlAfterFinished: "3h" }, {}, ended("True"))), train]);
    expect(planned).toMatchObject({ remove: [], why: ["the run has ended; its Jobs are kept a while for their logs"] });
    expect(planned.requeueAfter).toBe(3_600_000 - 5_000);
  });

  it.each(["True", "False"] as const)("removes them then, and nothing else (Succeeded: %s)", (status) => {
    const planned = planFor([...recorded(run({ ttlAfterFinished: "1h" }, {}, ended(status))), train]);
    expect(planned.why).toEqual(["removing 1 Jobs: ttlAfterFinished is over"]);
    expect(planned.remove).toMatchObject([{ name: "coder-x7k2p-train-1", uid: "uid-of-coder-x7k2p-train-1" }]);
    expect(planned.status).toBeUndefined();
  });

  it("wants nothing once they are gone, whatever its spec says now", () => {
    for (const spec of [{}, { suspend: true }, { maxAttempts: "many" }])
      expect(planFor([run(spec, {}, ended("False"))])).toMatchObject({ create: [], why: ["the run has ended"] });
  });
});

describe("a run that cannot be resolved", () => {
  it("fails with the field's path when an older, looser CRD let its spec in", () => {
    const planned = planFor([run({ maxAttempts: 0, colour: "red" })]);
    expect(planned.why).toEqual(["the run has failed: InvalidSpec"]);
    expect(planned.status?.message).toContain("spec.maxAttempts");
    expect(planned.status?.conditions).toContainEqual(
      expect.objectContaining({ type: "Valid", status: "False", reason: "InvalidSpec" }),
    );
    expect(planned.events).toMatchObject([{ type: "Warning", reason: "InvalidSpec" }]);
    expect(columns(planned)).toBe("Failed Preparing – 1/1 – InvalidSpec –");
  });

  it("fails when neither it nor a policy says which model to train", () => {
    const planned = planFor([run({ policyRef: undefined })]);
    expect(planned.status?.message).toMatch(/^spec\.baseModel is required when spec\.policyRef is absent/);
  });

  it.each([
    ["training.maxAttempts", { training: { maxAttempts: 0 } }],
    ["baseModel", { baseModel: null }],
  ])("waits, and records nothing, while its policy is one that an older CRD let in (%s)", (field, spec) => {
    const planned = planFor([run({ baseModel: { uri: "s3://models/tiny" } }), loosePolicy(spec)]);
    expect(planned).toMatchObject({ create: [], status: { display: { reason: "PolicyInvalid" } } });
    expect(planned.why[0]).toContain(`QualityPolicy coder cannot be carried out: spec.${field}: `);
  });

  it("waits for a policy that does not exist yet, suspended or not", () => {
    for (const suspend of [false, true]) {
      const planned = planFor([run({ suspend })]);
      expect(planned.why).toEqual([
        "QualityPolicy coder does not exist in this namespace: create it, or name another.",
      ]);
      expect(planned.requeueAfter).toBe(30_000);
      expect(columns(planned)).toBe("Waiting Preparing – 1/1 – PolicyNotFound 2026-11-22T14:01:00Z");
    }
  });

  it.each([
    ["its base model", { baseModel: { uri: "s3://other/qwen3" } }],
    ["its dataset", { dataset: { uri: "s3://models-of-others/d", sha256: sha("d") } }],
  ])("fails when %s lies outside what the installer allows", (_, spec) => {
    const planned = planFor([run(spec), policy()]);
    expect(planned).toMatchObject({ create: [], why: ["the run has failed: UriNotAllowed"] });
    expect(planned.status?.message).toContain("storage.allowedUris");
  });

  it("may name whatever lies under the installation's own folder and the allowed ones, and those themselves", () => {
    for (const uri of ["s3://models", "s3://models/", "s3://models/a/b", "s3://learning/datasets/x"])
      expect(planFor([run({ baseModel: { uri } }), policy()]).create).toHaveLength(1);
  });
});

describe("resolving a run", () => {
  it("records run over policy over the operator's defaults in one ConfigMap that is created and never changed", () => {
    const planned = planFor([
      run({ optimization: { epochs: 5 } }),
      policy({ training: { optimization: { epochs: 1, learningRate: 1e-5 }, lora: { rank: 8 } } }),
    ]);
    expect(planned.why).toEqual(["recording the resolved spec: run over policy over defaults"]);
    const [map] = planned.create;
    expect(map).toMatchObject({
      kind: "ConfigMap",
      immutable: true,
      metadata: { name: "coder-x7k2p-spec", ownerReferences: [{ kind: "TrainingRun", controller: true }] },
    });
    const { training } = readBack(map as never);
    expect(training.optimization).toMatchObject({ epochs: 5, learningRate: 1e-5, seed: 7 });
    expect(training.lora).toMatchObject({ rank: 8, alpha: 32 });
    expect(training.resources).toMatchObject({ memory: "8Gi", gpus: 1 });
  });

  it("takes lists and maps of strings whole, so that a run can drop a key of its policy", () => {
    const over = { podTemplate: { nodeSelector: { pool: "b" }, tolerations: [] } };
    const under = {
      podTemplate: { nodeSelector: { zone: "a" }, tolerations: [{ key: "gpu" }], labels: { team: "x" } },
    };
    const [map] = planFor([run(over), policy({ training: under })]).create;
    expect(readBack(map as never).training.podTemplate).toMatchObject({
      nodeSelector: { pool: "b" },
      tolerations: [],
      labels: { team: "x" },
    });
  });

  it("names the model after the run's base, else the policy's, else the folder it lies in", () => {
    const name = (spec: Record<string, unknown>) =>
      readBack(planFor([run(spec), policy()]).create[0] as never).baseModel.name;
    expect(name({ baseModel: { uri: "s3://models/tiny", name: "tiny-qwen3" } })).toBe("tiny-qwen3");
    expect(name({})).toBe("qwen3-8b");
    const alone = planFor([run({ policyRef: undefined, baseModel: { uri: "s3://models/phi/" } })]).create[0];
    expect(readBack(alone as never)).toMatchObject({ owner: "coder-x7k2p", baseModel: { name: "phi" } });
  });

  it("is over once it is recorded: neither policy nor configuration nor an invalid spec reaches the run any more", () => {
    const [subject, , map] = recorded();
    const before = planFor([subject, policy(), map]);
    expect(planFor([subject, policy({ training: { optimization: { learningRate: 1 } } }), map])).toEqual(before);
    expect(planFor([subject, map])).toEqual(before);
    expect(planFor([subject, policy(), map], { allowedUris: ["s3://nothing"] })).toEqual(before);
    const broken = planFor([run({ maxAttempts: 0 }), map]);
    expect(broken.why).toEqual(before.why);
  });

  it("reads back exactly what it resolved", () => {
    const [subject, , map] = recorded();
    expect(resolve(subject, subject.spec, policy(), config(), TEMPLATE)).toMatchObject(readBack(map));
  });
});

describe("a suspended run", () => {
  it("starts nothing while it is not recorded", () => {
    const planned = planFor([run({ suspend: true }), policy()]);
    expect(planned).toMatchObject({ create: [], why: ["spec.suspend is true."] });
    expect(columns(planned)).toBe("Suspended Preparing – 1/1 – Suspended –");
  });

  it("stops the pods of its Job and keeps the Job", () => {
    const train = job("train", 1);
    const planned = planFor([
      ...recorded(run({ suspend: true }, {}, { attempts: [attempt()] })),
      train,
      runningPod(train),
    ]);
    expect(planned).toMatchObject({
      create: [],
      remove: [],
      adjust: [{ ref: { name: "coder-x7k2p-train-1" }, change: { spec: { suspend: true } } }],
      why: ["suspended: stopping the pods"],
    });
  });

  it("leaves Kueue's queue by taking its Job away", () => {
    const queued = recorded(run({ suspend: true, queueName: "gpus" }, {}, { attempts: [attempt()] }));
    const planned = planFor([...queued, job("train", 1)]);
    expect(planned).toMatchObject({ remove: [{ name: "coder-x7k2p-train-1" }], why: ["suspended: leaving the queue"] });
    expect(planned.adjust).toBeUndefined();
  });

  it("stays so although a newer CRD would not let its spec in", () => {
    const [, , map] = recorded();
    const loose = run({ suspend: true, maxAttempts: 0 }, {}, { attempts: [attempt()] });
    expect(planFor([loose, map, job("train", 1)]).why).toEqual(["suspended: stopping the pods"]);
  });

  it("touches no Job that has ended, and decides nothing from it", () => {
    const train = job("train", 1, "PodFailurePolicy");
    const diverged = endedPod(train, 43, { reason: "Diverged" });
    const planned = planFor([...recorded(run({ suspend: true }, {}, { attempts: [attempt()] })), train, diverged]);
    expect(planned).toMatchObject({ adjust: [], remove: [], why: ["suspended: stopping the pods"] });
    expect(planned.record).toBeUndefined();
  });

  it("goes on where it was when it is no longer suspended", () => {
    const train = job("train", 1, "Active", { spec: { suspend: true } });
    const planned = planFor([...recorded(run({}, {}, { attempts: [attempt()] })), train]);
    expect(planned).toMatchObject({
      adjust: [{ change: { spec: { suspend: false } } }],
      why: ["going on with Job coder-x7k2p-train-1"],
    });
    const queued = recorded(run({ queueName: "gpus" }, {}, { attempts: [attempt()] }));
    // A queued Job is Kueue's to let go.
    expect(planFor([...queued, train]).adjust).toBeUndefined();
  });
});

describe("a plan", () => {
  const train = job("train", 1);
  const exporting = job("export", 1);
  const trained = { attempts: [attempt(1, { adapter, completionTime: "2026-11-22T13:50:00Z" })] };
  it.each([
    ["unresolved", [run(), policy()]],
    ["waiting for a policy", [run()]],
    ["suspended", [...recorded(run({ suspend: true }, {}, { attempts: [attempt()] })), train]],
    ["training", [...recorded(run({}, {}, { attempts: [attempt()] })), train, runningPod(train)]],
    ["exporting", [...recorded(run({}, {}, trained)), exporting, runningPod(exporting)]],
    ["publishing", [...recorded(run({}, {}, { ...trained, artifact }))]],
  ])("of a run that is %s says the same status again once it is written", (_, [subject = run(), ...others]) => {
    const first = planFor([subject, ...others]);
    const second = planFor([Object.assign({}, subject, { status: first.status }), ...others], { now: NOW + 20_000 });
    expect(second.status).toEqual(first.status);
  });
});
