import { digest, named, policy, run, version, without } from "./samples.ts";
import type { AnyObject } from "./server.ts";

/** What a user may write by mistake, and how the server's answer begins to tell where it is. */
export type Refused = readonly [what: string, object: AnyObject, answer: string];

const many = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => item(i));

const names: Refused[] = (
  [
    [policy(), 40],
    [run(), 48],
    [version(), 52],
  ] as const
).flatMap(([object, longest]) => {
  const rule = `metadata.name must be at most ${longest} lower-case letters, digits and dashes, starting with a letter`;
  return [
    [`${object.kind}: a name one letter too long`, named("a".repeat(longest + 1), object), rule],
    [`${object.kind}: a name with a dot`, named("coder.v1", object), rule],
    [`${object.kind}: a name that starts with a digit`, named("1coder", object), rule],
    [`${object.kind}: a name in capitals`, named("Coder", object), "metadata.name: Invalid value"],
    [`${object.kind}: a field at the top that does not exist`, { ...object, sepc: {} }, 'unknown field "sepc"'],
  ] as Refused[];
});

const training: Refused[] = [
  ["a field that does not exist", { lorra: {} }, 'unknown field "spec.lorra"'],
  ["a field that does not exist, deep down", { lora: { rnak: 8 } }, 'unknown field "spec.lora.rnak"'],
  ["a number written as text", { lora: { rank: "16" } }, "spec.lora.rank: Invalid value"],
  ["a fraction of a rank", { lora: { rank: 1.5 } }, "spec.lora.rank: Invalid value"],
  ["rank 0", { lora: { rank: 0 } }, "spec.lora.rank: Invalid value"],
  ["a rank too great", { lora: { rank: 513 } }, "spec.lora.rank: Invalid value"],
  ["a dropout of everything", { lora: { dropout: 1 } }, "spec.lora.dropout: Invalid value"],
  ["targets that nobody knows", { lora: { targets: "Some" } }, "spec.lora.targets: Unsupported value"],
  ["a negative learning rate", { optimization: { learningRate: -1 } }, "spec.optimization.learningRate: Invalid value"],
  ["a learning rate of 0", { optimization: { learningRate: 0 } }, "spec.optimization.learningRate: Invalid value"],
  [
    "a learning rate that YAML read as text",
    { optimization: { learningRate: "2e-7" } },
    "spec.optimization.learningRate: Invalid value",
  ],
  ["no epoch", { optimization: { epochs: 0 } }, "spec.optimization.epochs: Invalid value"],
  ["a seed below 0", { optimization: { seed: -1 } }, "spec.optimization.seed: Invalid value"],
  ["a rehearsal that nobody knows", { rehearsal: { method: "ssr" } }, "spec.rehearsal.method: Unsupported value"],
  ["a ratio above 1", { rehearsal: { ratio: 1.1 } }, "spec.rehearsal.ratio: Invalid value"],
  ["a mask that keeps nothing", { gradientMask: { keep: 0 } }, "spec.gradientMask.keep: Invalid value"],
  [
    "more canaries than a dataset should carry",
    { evaluation: { canaries: 33 } },
    "spec.evaluation.canaries: Invalid value",
  ],
  ["no node to train on", { resources: { nodes: 0 } }, "spec.resources.nodes: Invalid value"],
  [
    "a number format not offered",
    { export: { quantization: "Q4_K_M" } },
    "spec.export.quantization: Unsupported value",
  ],
  ["a quantity in words", { resources: { memory: "a lot" } }, "spec.resources.memory: Invalid value"],
  ["a quantity with an unknown suffix", { resources: { memory: "64GB" } }, "spec.resources.memory: Invalid value"],
  ["a negative quantity", { resources: { cpu: "-1" } }, "spec.resources.cpu: Invalid value"],
  [
    "a GPU resource without a domain",
    { resources: { gpuResource: "gpu" } },
    "spec.resources.gpuResource: Invalid value",
  ],
  ["no attempt", { maxAttempts: 0 }, "spec.maxAttempts: Invalid value"],
  ["a duration without a unit", { activeDeadline: "12" }, "spec.activeDeadline: Invalid value"],
  ["a duration in days", { ttlAfterFinished: "7d" }, "spec.ttlAfterFinished: Invalid value"],
  ["a duration as a number", { activeDeadline: 43200 }, "spec.activeDeadline: Invalid value"],
  ["a queue's name too long", { queueName: "q".repeat(64) }, "spec.queueName: Too long"],
  [
    "too many tolerations",
    { podTemplate: { tolerations: many(33, (index) => ({ key: `k${index}` })) } },
    "spec.podTemplate.tolerations: Too many",
  ],
  [
    "too many labels",
    { podTemplate: { labels: Object.fromEntries(many(33, (index) => [`l${index}`, ""])) } },
    "spec.podTemplate.labels: Too many",
  ],
  [
    "a secret's name with a blank",
    { podTemplate: { imagePullSecrets: [{ name: "a b" }] } },
    "spec.podTemplate.imagePullSecrets[0].name: Invalid value",
  ],
].map(([what, spec, answer]) => [`a run: ${what}`, run(spec as Record<string, unknown>), answer] as Refused);

const runs: Refused[] = [
  [
    "a run of neither a model nor a policy",
    without("policyRef", run()),
    "spec.baseModel is required when spec.policyRef",
  ],
  ["a run's policy without a name", run({ policyRef: { name: "" } }), "spec.policyRef.name: Invalid value"],
  [
    "a run's policy by an impossible name",
    run({ policyRef: { name: "Coder_1" } }),
    "spec.policyRef.name: Invalid value",
  ],
  ["a run's model without a place", run({ baseModel: { name: "qwen3" } }), "spec.baseModel.uri: Required value"],
  [
    "a run's dataset without a checksum",
    run({ dataset: { uri: "s3://a-b/c" } }),
    "spec.dataset.sha256: Required value",
  ],
  ...["https://models/base", "s3://", "s3://A/b", "s3://models/a b", "file://models", "models/base"].map(
    (uri): Refused => [`a run's model at ${uri}`, run({ baseModel: { uri } }), "spec.baseModel.uri: Invalid value"],
  ),
  ...["abc", digest("A"), digest("g"), digest("a").slice(1)].map(
    (sha256): Refused => [
      `a run's dataset with checksum ${sha256.slice(0, 3)}… of ${sha256.length} characters`,
      run({ dataset: { uri: "s3://learning/d", sha256 } }),
      "spec.dataset.sha256: ",
    ],
  ),
  ["a run suspended by a word", run({ suspend: "yes" }), "spec.suspend: Invalid value"],
];

const policies: Refused[] = [
  ["no model", without("baseModel", policy()), "spec.baseModel: Required value"],
  ["no served name", without("servedModel", policy()), "spec.servedModel: Required value"],
  ["a served name in capitals", policy({ servedModel: "QI" }), "spec.servedModel: Invalid value"],
  ["a served name with a tag", policy({ servedModel: "qi:latest" }), "spec.servedModel: Invalid value"],
  ["a field that does not exist", policy({ traning: {} }), 'unknown field "spec.traning"'],
  ["a mode that nobody knows", policy({ mode: "Off" }), "spec.mode: Unsupported value"],
  ["all weights 0", policy({ assessment: { weights: noWeights() } }), "at least one weight must be greater than 0"],
  ["a negative weight", policy({ assessment: { weights: { efficiency: -0.1 } } }), "weights.efficiency: Invalid value"],
  ["a least threshold above the first", threshold({ min: 0.8 }), "min <= initial <= max must hold"],
  ["a greatest threshold below the first", threshold({ max: 0.65 }), "threshold.initial: Invalid value"],
  ["a threshold above 1", threshold({ max: 1.5 }), "spec.assessment.threshold.max: Invalid value"],
  [
    "an unknown kind of personal data",
    policy({ privacy: { detect: ["Names"] } }),
    "spec.privacy.detect[0]: Unsupported",
  ],
  ["one kind twice", policy({ privacy: { detect: ["Emails", "Emails"] } }), "spec.privacy.detect[1]: Duplicate value"],
  [
    "two patterns of one name",
    policy({ privacy: { custom: [pattern("a"), pattern("a")] } }),
    "custom[1]: Duplicate value",
  ],
  [
    "too many patterns",
    policy({ privacy: { custom: many(65, (i) => pattern(`p${i}`)) } }),
    "spec.privacy.custom: Too many",
  ],
  [
    "a pattern too long",
    policy({ privacy: { custom: [pattern("a", "x".repeat(513))] } }),
    "custom[0].pattern: Too long",
  ],
  ["a pattern that is not closed", custom("(QI"), "custom[0].pattern: Invalid value"],
  ["a pattern that RE2 cannot run", custom("QI(?=-)"), "unsupported Perl syntax"],
  ["a pattern that matches empty text", custom("[0-9]*"), "RE2 syntax that does not match empty text"],
  [
    "interactions kept for no day",
    policy({ privacy: { retentionDays: 0 } }),
    "spec.privacy.retentionDays: Invalid value",
  ],
  ["steps that fall", steps(50, 25), "weights must rise from step to step"],
  ["steps that stay", steps(25, 25), "spec.canary.steps: Invalid value"],
  ["a step of no traffic", steps(0), "spec.canary.steps[0].weight: Invalid value"],
  ["a step of more than all traffic", steps(101), "spec.canary.steps[0].weight: Invalid value"],
  [
    "a step without a time",
    policy({ canary: { steps: [{ weight: 5 }] } }),
    "spec.canary.steps[0].hold: Required value",
  ],
  ["no step", policy({ canary: { steps: [] } }), "spec.canary.steps: Invalid value"],
  ["too many steps", steps(...many(21, (index) => index + 1)), "spec.canary.steps: Too many"],
  ["nothing left to train on", split(0.5, 0.5), "validation + test must be less than 1"],
  ["more kept back than there is", split(0.9, 0.9), "spec.dataset.split.test: Invalid value"],
  [
    "no contributor's share",
    policy({ dataset: { maxSharePerContributor: 0 } }),
    "maxSharePerContributor: Invalid value",
  ],
  ["fewer pods at most than at least", scaling({ min: 9 }), "min <= max must hold"],
  ["no pod at least", scaling({ min: 0 }), "spec.serving.scaling.min: Invalid value"],
  [
    "an unknown suite",
    policy({ promotion: { safety: { suites: ["luck"] } } }),
    "spec.promotion.safety.suites[0]: Unsupported",
  ],
  ["certainty", policy({ promotion: { confidence: 1 } }), "spec.promotion.confidence: Invalid value"],
  ["no image", policy({ serving: { image: "" } }), "spec.serving.image: Invalid value"],
  ["a rank of 0 for all runs", policy({ training: { lora: { rank: 0 } } }), "spec.training.lora.rank: Invalid value"],
  ...[
    "",
    "Mon-Fri",
    "20:00-06:00",
    "Mon-Fri 20:00-06:00",
    "Mo-Fr 20:00-06:00 Europe/Berlin",
    "Mon-Fri 8:00-16:00 Europe/Berlin",
    "Mon-Fri 29:00-06:00 Europe/Berlin",
    "Mon-Fri 20:00-24:00 Europe/Berlin",
    "Mon-Fri 20:60-06:00 Europe/Berlin",
    "Mon-Fri 20:00-06:00 Europe/",
    "never",
  ].map(
    (window): Refused => [
      `a budget's window "${window}"`,
      policy({ triggers: { budget: { window } } }),
      "spec.triggers.budget.window: Invalid value",
    ],
  ),
].map(([what, object, answer]) => [`a policy: ${what}`, object, answer] as Refused);

const versions: Refused[] = [
  ["no artifact", without("artifact", version()), "spec.artifact: Required value"],
  ...["uri", "sha256", "format", "quantization"].map(
    (field): Refused => [
      `no ${field}`,
      without(`artifact.${field}`, version()),
      `spec.artifact.${field}: Required value`,
    ],
  ),
  [
    "a format that is not served",
    version({ artifact: { format: "Safetensors" } }),
    "spec.artifact.format: Unsupported",
  ],
  ["a checksum that is none", version({ artifact: { sha256: "latest" } }), "spec.artifact.sha256: "],
  ["an empty file", version({ artifact: { size: 0 } }), "spec.artifact.size: Invalid value"],
  ["a template too long", version({ artifact: { template: "x".repeat(32769) } }), "spec.artifact.template: Too long"],
  [
    "a parameter that is not typed",
    version({ artifact: { parameters: { mirostat: 1 } } }),
    'unknown field "spec.artifact.parameters.mirostat"',
  ],
  [
    "a temperature too high",
    version({ artifact: { parameters: { temperature: 6 } } }),
    "parameters.temperature: Invalid",
  ],
  ["too many stops", version({ artifact: { parameters: { stop: many(17, String) } } }), "parameters.stop: Too many"],
  ["a lineage that does not exist", version({ lineage: { mother: "x" } }), 'unknown field "spec.lineage.mother"'],
  ["a dataset by its name", version({ lineage: { dataset: "chats" } }), "spec.lineage.dataset: "],
].map(([what, object, answer]) => [`a version: ${what}`, object, answer] as Refused);

export const refused: readonly Refused[] = [...names, ...training, ...runs, ...policies, ...versions];

function noWeights(): object {
  return { satisfaction: 0, functionalCorrectness: 0, codeQuality: 0, contextRelevance: 0, efficiency: 0 };
}

function threshold(fields: object): AnyObject {
  return policy({ assessment: { threshold: fields } });
}

function pattern(name: string, text = "QI-[0-9]+"): object {
  return { name, pattern: text };
}

function steps(...weights: number[]): AnyObject {
  return policy({ canary: { steps: weights.map((weight) => ({ weight, hold: "10m" })) } });
}

function split(validation: number, test: number): AnyObject {
  return policy({ dataset: { split: { validation, test } } });
}

function scaling(fields: object): AnyObject {
  return policy({ serving: { scaling: fields } });
}

function custom(text: string): AnyObject {
  return policy({ privacy: { custom: [pattern("a", text)] } });
}
