import { digest, named, policy, run, version, without } from "./samples.ts";
import type { AnyObject } from "./server.ts";

/** What a user may write, and what the sentence about it says. */
export type Accepted = readonly [what: string, object: AnyObject];

const names: Accepted[] = [
  ["a policy's longest name", named("a".repeat(40), policy())],
  ["a run's longest name", named("a".repeat(48), run())],
  ["a version's longest name", named("a".repeat(52), version())],
  ["a name of one letter", named("a", run())],
  ["a name with digits and dashes", named("coder-2026-11-22", run())],
];

const policies: Accepted[] = [
  ["a model in a folder, for development", policy({ baseModel: { uri: "file:///models/tiny" } })],
  ["one weight alone", policy({ assessment: { weights: weights({ satisfaction: 1 }) } })],
  ["a fixed threshold on its bounds", policy({ assessment: { threshold: { initial: 0.6, min: 0.6, max: 0.6 } } })],
  ["no personal data searched for", policy({ privacy: { detect: [] } })],
  ["one step of the canary", policy({ canary: { steps: [{ weight: 100, hold: "1h30m" }] } })],
  [
    "twenty steps of the canary",
    policy({ canary: { steps: Array.from({ length: 20 }, (_, index) => ({ weight: index + 1, hold: "90s" })) } }),
  ],
  ["a canary without shadow requests", policy({ canary: { shadow: { requests: 0 } } })],
  ["as many pods at least as at most", policy({ serving: { scaling: { min: 3, max: 3 } } })],
  ["everything but one example kept from training", policy({ dataset: { split: { validation: 0.5, test: 0.49 } } })],
  ["every trigger off", policy({ triggers: off() })],
  ["a budget for one day", budget("Sat 00:00-23:59 UTC")],
  ["a budget over midnight", budget("Mon-Fri 20:00-06:00 Europe/Berlin")],
  ["a time zone with a dash", budget("Sun 08:00-09:00 America/Port-au-Prince")],
  ["a time zone of three parts", budget("Sun 08:00-09:00 America/Argentina/Buenos_Aires")],
  ["a time zone with sign and digits", budget("Sun 08:00-09:00 Etc/GMT+12")],
  ["resources for the policy's own runs only in part", policy({ training: { resources: { gpus: 2 } } })],
];

const runs: Accepted[] = [
  ["a run with a policy alone", run()],
  ["a run with a model alone", without("policyRef", run({ baseModel: { uri: "s3://models/base" } }))],
  ["a run that sets one hyperparameter", run({ optimization: { learningRate: 2e-7 } })],
  [
    "a run without rehearsal and gradient mask",
    run({ rehearsal: { method: "None" }, gradientMask: { method: "None" } }),
  ],
  ["a run on the CPU", run({ resources: { gpus: 0, cpu: "500m", memory: "1.5Gi" } })],
  ["a run with a place in the cluster", run({ podTemplate: place() })],
  ["a suspended run", run({ suspend: true })],
];

const versions: Accepted[] = [
  ["a version of no policy", version()],
  ["a version with every parameter", version({ artifact: { parameters: parameters() } })],
  ["a version with its lineage", version({ lineage: { baseModel: "Qwen3 8B", dataset: digest("b") } })],
  ["a suspended version", version({ suspend: true })],
];

export const accepted: readonly Accepted[] = [...names, ...policies, ...runs, ...versions];

function weights(some: object): object {
  const none = { satisfaction: 0, functionalCorrectness: 0, codeQuality: 0, contextRelevance: 0, efficiency: 0 };
  return { ...none, ...some };
}

function budget(window: string): AnyObject {
  return policy({ triggers: { budget: { window } } });
}

function off(): object {
  return { volume: { enabled: false }, trend: { enabled: false }, interval: { enabled: false } };
}

function place(): object {
  return {
    labels: { team: "learning" },
    nodeSelector: { "nvidia.com/gpu.product": "H100" },
    tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
    imagePullSecrets: [{ name: "registry" }],
  };
}

function parameters(): object {
  return {
    temperature: 0.6,
    top_p: 0.95,
    top_k: 20,
    min_p: 0,
    repeat_penalty: 1,
    presence_penalty: 1.5,
    num_predict: -1,
    seed: 7,
    stop: ["<|im_end|>"],
  };
}
