/** The header of `kubectl get`, as the user's documentation prints it. */
export const headers: readonly (readonly [name: string, columns: readonly string[]])[] = (
  [
    ["qp", "NAME PHASE MODEL PRODUCTION CANDIDATE WEIGHT COLLECTED NEEDED QUALITY REASON AGE"],
    ["tr", "NAME PHASE STEP PROGRESS ATTEMPT LOSS REASON EXPECTED AGE"],
    ["mv", "NAME PHASE STEP WEIGHT VERDICT REASON AGE"],
  ] as const
).map(([name, columns]) => [name, columns.split(" ")]);

/** A field, and words that its explanation must hold. */
export const explanations: readonly (readonly [path: string, words: string])[] = [
  ["qp", "QualityPolicy is one learning loop for one served model."],
  ["qp.spec.mode", "Recommend: propose and wait for approval."],
  ["qp.spec.assessment.threshold.initial", "Overall score from which an interaction is trained on"],
  ["qp.spec.canary.steps", "Weights before production, rising."],
  ["qp.spec.canary.steps.hold", "How long it stays there."],
  ["qp.spec.training.resources.gpus", "GPUs that the training container asks for."],
  ["qp.status", "How the loop is going"],
  ["tr.spec", "Only suspend may change"],
  ["tr.spec.lora.rank", "Rank r of the adapter's matrices."],
  ["tr.spec.dataset.sha256", "Training refuses a file that differs."],
  ["tr.status.attempts.exitReason", "Why it ended"],
  ["mv.spec.artifact.template", "Ollama's Go template for prompts."],
  ["mv.spec.artifact.parameters.top_p", "Nucleus sampling"],
  ["mv.status.servedDigest", "Checksum of the file that the ready pods really answer from."],
];

const condition = {
  type: "Ready",
  status: "False",
  observedGeneration: 1,
  lastTransitionTime: "2026-11-22T13:00:00Z",
  reason: "Suspended",
  message: "The run is suspended.",
};

/** A status as an operator writes it, what kubectl get prints of it after the name, and statuses that are refused. */
export const statuses: readonly {
  readonly kind: string;
  readonly status: object;
  readonly printed: readonly string[];
  readonly wrong: readonly (readonly [what: string, status: object, answer: string])[];
}[] = [
  {
    kind: "QualityPolicy",
    status: {
      phase: "Available",
      observedGeneration: 1,
      display: {
        production: "coder-5be20c1f",
        candidate: "coder-9c41d7aa",
        weight: "25%",
        collected: "734",
        needed: "1000",
        quality: "0.71",
        reason: "BelowMinimumVolume",
      },
      conditions: [condition],
      baseline: { trainingRun: "coder-base", modelVersion: "coder-5be20c1f" },
      runs: { active: 0, succeeded: 1, failed: 0 },
    },
    printed: [
      "Available",
      "qi-coder",
      "coder-5be20c1f",
      "coder-9c41d7aa",
      "25%",
      "734",
      "1000",
      "0.71",
      "BelowMinimumVolume",
    ],
    wrong: [
      ["an unknown phase", { phase: "Fine" }, "status.phase: Unsupported value"],
      ["half of what is displayed", { display: { weight: null } }, "status.display.weight: Required value"],
      ["fewer than no runs", { runs: { active: -1 } }, "status.runs.active: Invalid value"],
    ],
  },
  {
    kind: "TrainingRun",
    status: {
      phase: "Running",
      step: "Training",
      message: "Attempt 2 of 3 trains.",
      display: {
        progress: "63%",
        attempt: "2/3",
        loss: "0.8121",
        reason: "AdjustedLR",
        expected: "2026-11-22T14:10:00Z",
      },
      conditions: [condition],
      progressPercent: 63,
      loss: 0.8121,
      expectedTime: "2026-11-22T14:10:00Z",
      attempts: [
        {
          number: 1,
          learningRate: 2e-4,
          microBatchSize: 4,
          checkpointKey: "a",
          startTime: "2026-11-22T13:00:00.000Z",
          completionTime: "2026-11-22T15:00:00+01:00",
          exitCode: 43,
          exitReason: "Diverged",
        },
        { number: 2, learningRate: 1e-4, microBatchSize: 4, checkpointKey: "b", startTime: "2026-11-22T14:00:01Z" },
      ],
    },
    printed: ["Running", "Training", "63%", "2/3", "0.8121", "AdjustedLR", "2026-11-22T14:10:00Z"],
    wrong: [
      ["a step that does not exist", { step: "Dreaming" }, "status.step: Unsupported value"],
      ["more than all progress", { progressPercent: 101 }, "status.progressPercent: Invalid value"],
      ["a time without a date", { expectedTime: "14:10" }, "status.expectedTime: Invalid value"],
      ["two conditions of one type", { conditions: [condition, condition] }, "status.conditions[1]: Duplicate value"],
      [
        "a condition without a reason",
        { conditions: [{ ...condition, reason: undefined }] },
        "status.conditions[0].reason: Required value",
      ],
      [
        "two attempts of one number",
        {
          attempts: [1, 1].map((number) => ({
            number,
            learningRate: 1,
            microBatchSize: 1,
            checkpointKey: "a",
            startTime: condition.lastTransitionTime,
          })),
        },
        "status.attempts[1]: Duplicate value",
      ],
    ],
  },
  {
    kind: "ModelVersion",
    status: {
      phase: "Available",
      display: { step: "2/3", weight: "25%", verdict: "Passed", reason: "CollectingSamples" },
      conditions: [condition],
      servedDigest: "a".repeat(64),
      replicas: 2,
      readyReplicas: 1,
      pods: [{ name: "coder-9c41d7aa-0", state: "Serving", reason: "Ready", message: "Answers." }],
    },
    printed: ["Available", "2/3", "25%", "Passed", "CollectingSamples"],
    wrong: [
      ["a digest that is none", { servedDigest: "latest" }, "status.servedDigest: "],
      ["fewer than no pods", { readyReplicas: -1 }, "status.readyReplicas: Invalid value"],
      [
        "a pod without a name",
        { pods: [{ state: "x", reason: "x", message: "x" }] },
        "status.pods[0].name: Required value",
      ],
    ],
  },
];
