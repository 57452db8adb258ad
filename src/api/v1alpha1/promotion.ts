import { z } from "zod";
import { atomicList, duration, validated } from "./common.ts";

/** What a new version must hold against the one in production. */
export const promotion = z
  .strictObject({
    accuracy: z
      .strictObject({
        minChangePoints: z.number().min(-100).max(100).default(-2).describe("Least change, in percentage points."),
      })
      .prefault({})
      .describe("Share of evaluation tasks solved."),
    latency: z
      .strictObject({
        maxChangePercent: z.number().min(-100).max(1000).default(10).describe("Greatest change, in percent."),
      })
      .prefault({})
      .describe("Time per generated token."),
    memory: z
      .strictObject({
        maxChangePercent: z.number().min(-100).max(1000).default(5).describe("Greatest change, in percent."),
      })
      .prefault({})
      .describe("Memory that the loaded model takes."),
    safety: z
      .strictObject({
        suites: z
          .array(z.enum(["refusal", "unsafe-code", "prompt-injection", "leakage"]))
          .max(4)
          .meta({ "x-kubernetes-list-type": "set" })
          .default(["refusal", "unsafe-code", "prompt-injection", "leakage"])
          .describe("The suites that must pass."),
      })
      .prefault({})
      .describe("What the model must not do."),
    confidence: z
      .number()
      .min(0.5)
      .max(0.999)
      .default(0.95)
      .describe("Confidence of the bounds that verdicts are taken on."),
    onPartial: z
      .enum(["Staging", "Reject"])
      .default("Staging")
      .describe("Where a version goes of which nothing failed but something is inconclusive."),
    approval: z
      .enum(["None", "BeforeCanary", "BeforeProduction"])
      .default("None")
      .describe("Where a person has to say yes."),
  })
  .describe("What a new version must hold against the one in production.");

const step = z.strictObject({
  weight: z.int().min(1).max(100).describe("Share of the traffic, in percent."),
  hold: duration.describe("How long it stays there."),
});

/** How a new version gets its traffic. */
export const canary = z
  .strictObject({
    steps: validated(atomicList(z.array(step).min(1).max(20)), {
      rule: "self.map(step, step.weight).isSorted() && self.all(a, self.exists_one(b, a.weight == b.weight))",
      message: "weights must rise from step to step",
    })
      .default([
        { weight: 5, hold: "10m" },
        { weight: 25, hold: "20m" },
        { weight: 50, hold: "20m" },
      ])
      .describe("Weights before production, rising."),
    shadow: z
      .strictObject({
        requests: z
          .int()
          .min(0)
          .max(1000000)
          .default(200)
          .describe("Requests answered in the shadow first; 0 skips it."),
      })
      .prefault({})
      .describe("The candidate answers copies of requests; users don't see its answers."),
    analysis: z
      .strictObject({
        interval: duration.default("1m").describe("How often candidate and stable are compared."),
        power: z.number().min(0.5).max(0.99).default(0.8).describe("Power that the sample size is planned for."),
        failureLimit: z
          .int()
          .min(0)
          .max(100)
          .default(3)
          .describe("Failed comparisons before the version is rolled back."),
        errorRate: z
          .strictObject({ maxIncreasePoints: z.number().min(0).max(100).default(1).describe("In percentage points.") })
          .prefault({})
          .describe("Share of requests that fail."),
        timeToFirstToken: z
          .strictObject({ maxIncreasePercent: z.number().min(0).max(1000).default(20).describe("In percent.") })
          .prefault({})
          .describe("Time until an answer begins."),
        latencyPerToken: z
          .strictObject({ maxIncreasePercent: z.number().min(0).max(1000).default(10).describe("In percent.") })
          .prefault({})
          .describe("Time per generated token."),
        acceptance: z
          .strictObject({
            minChangePoints: z.number().min(-100).max(100).default(-5).describe("In percentage points."),
          })
          .prefault({})
          .describe("Share of suggestions that users keep."),
      })
      .prefault({})
      .describe("What the candidate must hold against stable at each step."),
    onInconclusive: z
      .enum(["Hold", "Rollback"])
      .default("Hold")
      .describe("What happens when the deadline comes and the data do not suffice."),
    deadline: duration.default("6h").describe("How long the whole canary may take."),
  })
  .describe("How a new version gets its traffic.");
