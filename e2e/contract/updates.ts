import { digest, named, policy, run, version, without } from "./samples.ts";
import type { AnyObject } from "./server.ts";

/** A change to a stored object, as a merge patch, and what the server's refusal says; undefined where it is allowed. */
export interface Update {
  readonly what: string;
  readonly of: AnyObject;
  readonly patch: object;
  readonly refusal?: string;
}

/** Every field of a run's spec but `suspend`, as it is and as somebody would like to change it. */
const runFields: Readonly<Record<string, readonly [was: unknown, becomes: unknown]>> = {
  policyRef: [{ name: "coder" }, { name: "writer" }],
  baseModel: [{ uri: "s3://models/base" }, { uri: "s3://models/other" }],
  dataset: [{ uri: "s3://learning/d", sha256: digest("d") }, { sha256: digest("e") }],
  lora: [{ rank: 8 }, { rank: 16 }],
  optimization: [{ epochs: 1 }, { epochs: 2 }],
  rehearsal: [{ method: "None" }, { method: "SSR" }],
  gradientMask: [{ keep: 0.5 }, { keep: 0.7 }],
  evaluation: [{ method: "LossOnly" }, { method: "Full" }],
  export: [{ quantization: "F16" }, { quantization: "Q8_0" }],
  resources: [{ gpus: 0 }, { gpus: 1 }],
  podTemplate: [{ nodeSelector: { zone: "a" } }, { nodeSelector: { zone: "b" } }],
  queueName: ["day", "night"],
  maxAttempts: [1, 3],
  activeDeadline: ["1h", "2h"],
  ttlAfterFinished: ["24h", "168h"],
};

const versionFields: typeof runFields = {
  policyRef: [{ name: "coder" }, { name: "writer" }],
  lineage: [{ baseModel: "qwen3" }, { baseModel: "qwen4" }],
};

// Suspended, so that an operator that watches the same server starts nothing for them.
const fullRun = named("full", run({ ...was(runFields), suspend: true }));
const runOfPolicy = named("of-policy", run({ suspend: true }));
const runOfModel = named("of-model", without("policyRef", run({ baseModel: { uri: "s3://models/b" }, suspend: true })));
const fullVersion = named(
  "full",
  version({ ...was(versionFields), artifact: { parameters: { temperature: 0.6 } }, suspend: true }),
);
const bareVersion = named("bare", version({ suspend: true }));
const suspended = named("suspended", policy({ suspend: true, training: { resources: { gpus: 1 } } }));

/** What is stored before the updates below are tried. */
export const stored: readonly AnyObject[] = [fullRun, runOfPolicy, runOfModel, fullVersion, bareVersion, suspended];

const spec = (patch: object): object => ({ spec: patch });
const immutable = (field: string, kind: string) => `spec.${field} is immutable: create a new ${kind} instead`;

function fixed(field: string, becomes: unknown, full: AnyObject, bare: AnyObject): Update[] {
  const refusal = immutable(field, full.kind);
  const value = (full.spec as Record<string, unknown>)[field];
  return [
    { what: `a ${full.kind}'s ${field} changed`, of: full, patch: spec({ [field]: becomes }), refusal },
    { what: `a ${full.kind}'s ${field} removed`, of: full, patch: spec({ [field]: null }), refusal },
    { what: `a ${full.kind}'s ${field} added later`, of: bare, patch: spec({ [field]: value }), refusal },
  ];
}

const runs: Update[] = [
  ...Object.entries(runFields).flatMap(([field, [, becomes]]) =>
    fixed(field, becomes, fullRun, field === "policyRef" ? runOfModel : runOfPolicy),
  ),
  {
    what: "a run's hyperparameter added beside another",
    of: fullRun,
    patch: spec({ lora: { alpha: 64 } }),
    refusal: immutable("lora", "TrainingRun"),
  },
  {
    what: "a run's node selector emptied",
    of: fullRun,
    patch: spec({ podTemplate: { nodeSelector: null } }),
    refusal: immutable("podTemplate", "TrainingRun"),
  },
  {
    what: "a run's hyperparameter written again as it is",
    of: fullRun,
    patch: spec({ lora: { rank: 8 } }),
  },
];

const artifact = (fields: object) => ({
  of: fullVersion,
  patch: spec({ artifact: fields }),
  refusal: immutable("artifact", "ModelVersion"),
});

const versions: Update[] = [
  ...Object.entries(versionFields).flatMap(([field, [, becomes]]) => fixed(field, becomes, fullVersion, bareVersion)),
  { what: "a version's file changed", ...artifact({ uri: "s3://learning/models/b" }) },
  { what: "a version's checksum changed", ...artifact({ sha256: digest("b") }) },
  { what: "a version's template added later", ...artifact({ template: "{{ .Prompt }}" }) },
  { what: "a version's parameter changed", ...artifact({ parameters: { temperature: 0.7 } }) },
  { what: "a version's parameter added later", ...artifact({ parameters: { top_k: 20 } }) },
  { what: "a version's parameters removed", ...artifact({ parameters: null }) },
  {
    what: "a version's artifact removed",
    of: fullVersion,
    patch: spec({ artifact: null }),
    refusal: "spec.artifact: Required value",
  },
];

const suspension: Update[] = [fullRun, runOfPolicy, fullVersion, bareVersion, suspended].flatMap((of) => [
  { what: `a ${of.kind} (${of.metadata.name}) resumed`, of, patch: spec({ suspend: false }) },
  { what: `a ${of.kind} (${of.metadata.name}) with suspend removed`, of, patch: spec({ suspend: null }) },
  {
    what: `a ${of.kind} (${of.metadata.name}) with a command`,
    of,
    patch: { metadata: { annotations: { "learning.qi.dev/retry": "1" } } },
  },
]);

/** One change in every part of a policy that may change: all of it but the name that users ask for. */
export const policyChanges: Readonly<Record<string, unknown>> = {
  baseModel: { name: "qwen4", uri: "s3://models/qwen4", thinking: "Thinking" },
  mode: "Enforce",
  suspend: false,
  deletionPolicy: "Delete",
  privacy: { detect: ["Emails"], custom: [{ name: "ticket", pattern: "QI-[0-9]+" }], retentionDays: 30 },
  assessment: {
    weights: { efficiency: 0.2 },
    threshold: { mode: "Fixed", initial: 0.75 },
    review: { lease: "30m", auditFraction: 0 },
  },
  triggers: {
    volume: { enabled: false },
    trend: { direction: "Down" },
    interval: { every: "24h" },
    cooldown: "1h",
    budget: { gpuHoursPerWeek: 0 },
  },
  dataset: { minExamples: 1, balanceBy: [], split: { groupBy: ["session"] } },
  training: { lora: { rank: 64 }, resources: null, podTemplate: { labels: { team: "a" } }, maxAttempts: 1 },
  promotion: { accuracy: { minChangePoints: 0 }, safety: { suites: ["refusal"] }, approval: "BeforeCanary" },
  canary: { steps: [{ weight: 10, hold: "5m" }], shadow: { requests: 0 }, onInconclusive: "Rollback" },
  serving: { image: "ollama/ollama:0.35.0", replicas: 3, scaling: { max: 16 }, resources: { gpus: 2 } },
};

const policies: Update[] = [
  ...Object.entries(policyChanges).map(([field, becomes]) => ({
    what: `a policy's ${field} changed`,
    of: suspended,
    patch: spec({ [field]: becomes }),
  })),
  ...Object.keys(policyChanges)
    .filter((field) => field !== "baseModel")
    .map((field) => ({
      what: `a policy's ${field} taken back to its default`,
      of: suspended,
      patch: spec({ [field]: null }),
    })),
  {
    what: "a policy's servedModel changed",
    of: suspended,
    patch: spec({ servedModel: "other" }),
    refusal: "spec.servedModel is immutable: users ask for the model by this name; create a new QualityPolicy instead",
  },
  {
    what: "a policy's servedModel removed",
    of: suspended,
    patch: spec({ servedModel: null }),
    refusal: "spec.servedModel: Required value",
  },
];

export const updates: readonly Update[] = [...runs, ...versions, ...suspension, ...policies];

/** Fields of each kind that a row above tries to change, so that the test can tell when a new one has no row. */
export const tried: Readonly<Record<string, readonly string[]>> = {
  TrainingRun: [...Object.keys(runFields), "suspend"],
  ModelVersion: [...Object.keys(versionFields), "artifact", "suspend"],
  QualityPolicy: [...Object.keys(policyChanges), "servedModel"],
};

function was(fields: typeof runFields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, [value]]) => [name, value]));
}
