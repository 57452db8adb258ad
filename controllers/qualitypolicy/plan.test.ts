import { describe, expect, it } from "vitest";
import { type QualityPolicyStatus, qualityPolicyStatus } from "../../src/api/v1alpha1/qualitypolicy.ts";
import { canonicalJson } from "../../src/domain/identity.ts";
import { controlledBy, type KubeObject } from "../../src/kube/object.ts";
import type { Plan } from "../../src/runtime/plan.ts";
import { baselineRun, cached, loosePolicy, NAMESPACE, NOW, policy, run, version } from "../common/objects.fixture.ts";
import { observe } from "./observe.ts";
import { baselineName, plan } from "./plan.ts";
import { dataPolicies, type PushState } from "./push.ts";

/** What is planned for the first of these objects, a policy, in a world that holds the others too. */
function planFor(objects: readonly KubeObject[], now = NOW, dataPlane?: PushState): Plan<QualityPolicyStatus> {
  const name = objects[0]?.metadata.name ?? "";
  const snapshot = observe({ namespace: NAMESPACE, name }, cached(...objects), dataPlane);
  if (snapshot === undefined) throw new Error("the policy was not found");
  const planned = plan(snapshot, now);
  if (planned.status !== undefined) qualityPolicyStatus.parse(planned.status);
  return planned;
}

/** The columns that `kubectl get qp` prints between NAME and AGE, but for the model, which is the spec's. */
function columns({ status }: Plan<QualityPolicyStatus>): string {
  const { production, candidate, weight, collected, needed, quality, reason } = status?.display ?? {};
  return [status?.phase, production, candidate, weight, collected, needed, quality, reason].join(" ");
}

const baseline = (status: Record<string, unknown> = {}) =>
  baselineRun({ ownerReferences: [controlledBy(policy())] }, status);
const available = version({}, {}, { phase: "Available" });

describe("a policy that is deleted", () => {
  it("takes its own runs with it, and its versions only where it owns them: all by garbage collection", () => {
    const planned = planFor([policy({}, { deletionTimestamp: "2026-11-22T13:59:00Z" }), baseline(), version()]);
    expect(planned).toEqual({
      create: [],
      apply: [],
      remove: [],
      events: [],
      why: ["the policy is being deleted; deletionPolicy: Retain"],
    });
  });
});

describe("a policy that cannot be carried out", () => {
  it("says which field is wrong when an older, looser CRD let it in", () => {
    const planned = planFor([loosePolicy({ training: { maxAttempts: 0 } })]);
    expect(planned).toMatchObject({ create: [], status: { phase: "Invalid" } });
    expect(planned.why[0]).toContain("spec.training.maxAttempts");
    expect(columns(planned)).toBe("Invalid – – – – 1000 – InvalidSpec");
  });

  const at = (name: string, creationTimestamp: string) => ({ name, creationTimestamp });
  const [noon, one] = ["2026-11-22T12:00:00Z", "2026-11-22T13:00:00Z"];
  it.each([
    ["an older one", at("coder", one), at("elder", noon), true],
    ["a younger one", at("coder", noon), at("younger", one), false],
    ["one of the same second, first by name", at("coder", noon), at("alpha", noon), true],
    ["one of the same second, last by name", at("coder", noon), at("zulu", noon), false],
  ])("against %s that serves the same model", (_, mine, theirs, lost) => {
    const planned = planFor([policy({}, mine), policy({}, theirs)]);
    expect(planned.status?.phase).toBe(lost ? "Conflict" : "Bootstrapping");
    expect(planned.create).toHaveLength(lost ? 0 : 1);
    if (lost) expect(planned.why[0]).toContain(`QualityPolicy ${theirs.name} is older and serves qi-coder too`);
  });

  it("holds the model alone when the other serves another, or is going away", () => {
    const older = { name: "elder", creationTimestamp: noon };
    expect(planFor([policy(), policy({ servedModel: "other" }, older)]).status?.phase).toBe("Bootstrapping");
    const going = { ...older, deletionTimestamp: "2026-11-22T13:59:00Z" };
    expect(planFor([policy(), policy({}, going)]).status?.phase).toBe("Bootstrapping");
  });
});

describe("the baseline", () => {
  it("is a run without a dataset, made once and owned by the policy", () => {
    const planned = planFor([policy()]);
    expect(planned.why).toEqual(["the policy has no version: creating TrainingRun coder-baseline"]);
    expect(planned.create).toMatchObject([
      {
        kind: "TrainingRun",
        metadata: { name: "coder-baseline", ownerReferences: [{ kind: "QualityPolicy", controller: true }] },
        spec: { policyRef: { name: "coder" } },
      },
    ]);
    expect(columns(planned)).toBe("Bootstrapping – – – – 1000 – MakingBaseline");
  });

  it("is waited for once it runs", () => {
    const planned = planFor([policy(), baseline({ phase: "Running" })]);
    expect(planned).toMatchObject({ create: [], why: ["TrainingRun coder-baseline is making the first version."] });
    expect(planned.status).toMatchObject({
      baseline: { trainingRun: "coder-baseline" },
      runs: { active: 1, succeeded: 0, failed: 0 },
    });
  });

  it("is not made where the policy has a version already, wherever that came from", () => {
    expect(planFor([policy(), version()]).create).toEqual([]);
  });

  it("that failed leaves the policy Degraded, with what to do about it", () => {
    const planned = planFor([policy(), baseline({ phase: "Failed", message: "No such base model." })]);
    expect(planned.why).toEqual([
      "TrainingRun coder-baseline failed: No such base model. Mend the cause and delete the run: it is made anew.",
    ]);
    expect(columns(planned)).toBe("Degraded – – – – 1000 – BaselineFailed");
  });

  it("whose version was deleted is not waited for", () => {
    const planned = planFor([policy(), baseline({ phase: "Succeeded", modelVersion: "coder-9c41d7aa" })]);
    expect(planned).toMatchObject({ create: [], status: { phase: "Degraded" } });
    expect(planned.why[0]).toBe(
      "ModelVersion coder-9c41d7aa was deleted, and the policy has no other: delete TrainingRun coder-baseline to have it made anew.",
    );
  });

  it("has a name that a TrainingRun may have, however long the policy's", () => {
    const name = `p${"x".repeat(38)}y`;
    expect(baselineName(policy({}, { name })).length).toBeLessThanOrEqual(48);
  });
});

describe("a policy with versions", () => {
  it("is Available when one answers", () => {
    const planned = planFor([policy({ triggers: { volume: { minInteractions: 250 } } }), available, baseline()]);
    expect(planned.why).toEqual(["1 of 1 versions answer."]);
    expect(columns(planned)).toBe("Available – – – – 250 – –");
  });

  it("waits while the first is being loaded", () => {
    const planned = planFor([policy(), version({}, {}, { phase: "Loading" })]);
    expect(planned.why).toEqual(["The first version is being loaded."]);
  });

  it("is Degraded when none answers and one cannot be served", () => {
    const failed = version({}, { name: "coder-0" }, { phase: "Failed", message: "The file is no GGUF." });
    const planned = planFor([policy(), version({}, {}, { phase: "Loading" }), failed]);
    expect(planned.why).toEqual(["ModelVersion coder-0 cannot be served: The file is no GGUF."]);
    expect(planFor([policy(), available, failed]).status?.phase).toBe("Available");
  });

  it("counts runs and versions that name it, and none of others", () => {
    const planned = planFor([
      policy(),
      available,
      version({}, { name: "coder-2" }, { phase: "Failed" }),
      version({ policyRef: { name: "other" } }, { name: "other-1" }, { phase: "Available" }),
      baseline({ phase: "Succeeded", modelVersion: "coder-9c41d7aa" }),
      run({}, { name: "a" }, { phase: "Failed" }),
      run({}, { name: "b" }),
      run({ policyRef: { name: "other" } }, { name: "c" }),
    ]);
    expect(planned.status).toMatchObject({
      runs: { active: 1, succeeded: 1, failed: 1 },
      versions: { total: 2, available: 1 },
      baseline: { trainingRun: "coder-baseline", modelVersion: "coder-9c41d7aa" },
    });
  });
});

describe("a suspended policy", () => {
  it("starts nothing, with or without versions", () => {
    for (const others of [[], [baseline()], [available]]) {
      const planned = planFor([policy({ suspend: true }), ...others]);
      expect(planned).toMatchObject({ create: [], why: ["spec.suspend is true: nothing new is started."] });
      expect(columns(planned)).toBe("Suspended – – – – 1000 – Suspended");
    }
  });
});

describe("deletionPolicy", () => {
  const owner = { ...controlledBy(policy()), controller: false, blockOwnerDeletion: false };
  const theirs = { apiVersion: "v1", kind: "ConfigMap", name: "mine", uid: "u" };

  it("Delete makes the policy an owner of its versions, beside whoever else owns them", () => {
    const planned = planFor([policy({ deletionPolicy: "Delete" }), version({}, { ownerReferences: [theirs] })]);
    expect(planned.adjust).toMatchObject([
      { ref: { name: "coder-9c41d7aa" }, change: { metadata: { ownerReferences: [theirs, owner] } } },
    ]);
  });

  it("Retain takes that back, and leaves the others", () => {
    const planned = planFor([policy(), version({}, { ownerReferences: [theirs, owner] })]);
    expect(planned.adjust).toMatchObject([{ change: { metadata: { ownerReferences: [theirs] } } }]);
  });

  it.each([
    ["Delete", [owner]],
    ["Retain", []],
  ])("%s changes nothing that is so already", (deletionPolicy, ownerReferences) => {
    expect(planFor([policy({ deletionPolicy }), version({}, { ownerReferences })]).adjust).toEqual([]);
  });

  it("holds for a policy that is suspended or in conflict too, and for none that is invalid", () => {
    const older = policy({}, { name: "elder", creationTimestamp: "2026-11-22T12:00:00Z" });
    expect(planFor([policy({ deletionPolicy: "Delete" }), older, version()]).adjust).toHaveLength(1);
    expect(planFor([policy({ deletionPolicy: "Delete", suspend: true }), version()]).adjust).toHaveLength(1);
    expect(planFor([loosePolicy({ deletionPolicy: "Perhaps" }), version()]).adjust).toEqual([]);
  });
});

/** A data plane that works by these. */
function told(...policies: readonly KubeObject[]): PushState {
  const inForce = dataPolicies(cached(...policies), NAMESPACE);
  return { state: "inForce", told: Object.fromEntries(inForce.map((one) => [one.name, canonicalJson(one)])) };
}

describe("a policy's status", () => {
  const conditionOf = (planned: Plan<QualityPolicyStatus>, type: string) =>
    planned.status?.conditions?.find((condition) => condition.type === type);
  const rest = "mode, triggers, promotion, canary, serving.keepVersions, serving.scaling.";

  it.each([
    ["without a data plane", undefined, `privacy, assessment, dataset, ${rest}`],
    ["with one", told(policy()), rest],
  ])("names what is checked and not carried out %s", (_, dataPlane, named) => {
    const planned = planFor([policy()], NOW, dataPlane);
    expect(conditionOf(planned, "NotImplemented")).toMatchObject({
      status: "True",
      message: `This release only checks, and does not carry out: ${named}`,
    });
  });

  it.each([
    ["there is no data plane", undefined, "False", "NotInstalled"],
    ["it is being told", { state: "pending" } as const, "Unknown", "Telling"],
    ["it was told", told(policy()), "True", "InForce"],
    ["it was told of others", told(), "Unknown", "Telling"],
    ["it was told before it changed", told(policy({ privacy: { retentionDays: 7 } })), "Unknown", "Telling"],
    ["it cannot be told", { state: "failing", message: "connection refused" } as const, "Unknown", "Unreachable"],
  ])("says whether interactions are collected: %s", (_, dataPlane, status, reason) => {
    expect(conditionOf(planFor([policy()], NOW, dataPlane), "Collecting")).toMatchObject({ status, reason });
  });

  it("says that nothing is collected for a policy that cannot be carried out", () => {
    const planned = planFor([loosePolicy({ training: { maxAttempts: 0 } })], NOW, told());
    expect(conditionOf(planned, "Collecting")).toMatchObject({ status: "False", reason: "NotAccepted" });
  });

  it("reads the same again, whenever it is planned, while nothing changes", () => {
    for (const others of [[], [baseline()], [available, baseline()], [version()]]) {
      const first = planFor([policy(), ...others]);
      const second = planFor([policy({}, {}, first.status), ...others], NOW + 3_600_000);
      expect(second.status).toEqual(first.status);
    }
  });
});
