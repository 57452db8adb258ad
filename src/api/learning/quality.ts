import { z } from "zod";
import { instant } from "./interaction.ts";
import { policyName } from "./tasks.ts";

const share = z.number().min(0).max(1);

/** `from` and `to` are rounded outwards to whole hours, since figures are kept by the hour. */
const span = {
  policy: policyName,
  from: instant.exactOptional().describe("Seven days before `to` when absent. Rounded down to a whole hour."),
  to: instant.exactOptional().describe("Now when absent. Rounded up to a whole hour."),
};

export const summaryQuery = z.strictObject(span).describe("Of which policy and time.");

export const TREND_BUCKETS = { "1h": 1, "6h": 6, "1d": 24, "7d": 168 } as const;
export const trendQuery = z
  .strictObject({
    ...span,
    bucket: z.enum(["1h", "6h", "1d", "7d"]).default("1d").describe("Width of a bucket."),
    facet: z
      .string()
      .min(1)
      .max(128)
      .regex(/^[A-Za-z0-9][A-Za-z0-9 ._:/@+#-]*$/)
      .default("all")
      .describe("Only facets that start so: `language:`, `tool:`, `kind:prompt`; `all` is the sum."),
  })
  .describe("Of which policy, time and facet, and how wide a bucket is.");

const figures = {
  n: z.int().describe("How many scores."),
  mean: share,
  p10: share.describe("Tenth percentile, to a twentieth."),
};

export const summary = z
  .strictObject({
    policy: policyName,
    from: instant,
    to: instant,
    threshold: share.describe("From which overall score on an interaction is trained on, now."),
    overall: z
      .strictObject({ ...figures, accepted: z.int().describe("How many lay at or above their threshold.") })
      .exactOptional()
      .describe("Absent: nothing was assessed."),
    dimensions: z.record(z.string(), z.strictObject(figures)).describe("Those without evidence are missing."),
  })
  .describe("How good a policy's interactions were.");

export const trend = z
  .strictObject({
    policy: policyName,
    from: instant,
    to: instant,
    bucket: z.string(),
    rows: z
      .array(
        z.strictObject({
          at: instant.describe("Start of the bucket."),
          facet: z.string(),
          dimension: z.string(),
          ...figures,
          accepted: z.int().describe("Of `overall` only, else 0."),
        }),
      )
      .describe("Buckets without scores are missing."),
  })
  .describe("How quality moved.");

export const policyQuery = z.strictObject({ policy: policyName }).describe("Of which policy.");

export const thresholds = z
  .strictObject({
    policy: policyName,
    current: share,
    changes: z
      .array(z.strictObject({ from: share, to: share, reason: z.string(), at: instant }))
      .describe("Newest first, at most 100."),
  })
  .describe("The threshold and how it came there.");

const reliability = z.strictObject({
  n: z.int(),
  error: share.exactOptional().describe("Expected calibration error. Absent: nobody has decided anything yet."),
  bins: z
    .array(z.strictObject({ from: share, to: share, n: z.int(), confidence: share, agreement: share }))
    .describe("Reviews by how sure we had been; empty bins are missing."),
});

export const calibration = z
  .strictObject({
    policy: policyName,
    everything: reliability.describe("All scores: an audited one stands for those that nobody was asked about."),
    lowConfidence: reliability,
    audit: reliability,
    recommendation: z.string(),
  })
  .describe("Whether people agree with the scores as often as the scores were sure.");

export const analysis = z
  .strictObject({
    policy: policyName,
    from: instant,
    to: instant,
    comparisons: z.int().describe("How many were made to find these."),
    findings: z
      .array(
        z.strictObject({
          kind: z.enum(["BelowRest", "Falling", "Failing"]),
          facet: z.string(),
          measure: z.string(),
          n: z.int(),
          mean: share,
          against: z.number().describe("What it was compared with."),
          atLeast: z.number().describe("The shortfall, as sure as the whole analysis is."),
          sentence: z.string(),
        }),
      )
      .describe("What costs most quality first."),
  })
  .describe("Where quality is low: which dimension, language, tool, kind or model. The time before is as long.");

export type Summary = z.output<typeof summary>;
export type Trend = z.output<typeof trend>;
export type Thresholds = z.output<typeof thresholds>;
export type Calibration = z.output<typeof calibration>;
export type Analysis = z.output<typeof analysis>;
