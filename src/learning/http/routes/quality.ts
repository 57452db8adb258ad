import type { z } from "zod";
import type { DataPolicy } from "../../../api/learning/policies.ts";
import {
  analysis,
  type Calibration,
  calibration,
  policyQuery,
  type Summary,
  summary,
  summaryQuery,
  TREND_BUCKETS,
  thresholds,
  trend,
  trendQuery,
} from "../../../api/learning/quality.ts";
import type { Reliability } from "../../../domain/quality/calibration.ts";
import { effectiveThreshold } from "../../../domain/quality/threshold.ts";
import { analyse, calibration as calibrationOf } from "../../assessment/analysis.ts";
import type { Instant } from "../../model.ts";
import type { RouteDeps } from "../deps.ts";
import { ApiProblem } from "../errors.ts";
import { summed } from "../figures.ts";
import { refusals } from "../openapi.ts";
import type { Principal } from "../principal.ts";
import type { Api } from "../types.ts";
import { iso, principalOf } from "./asked.ts";

const HOUR = 3_600_000;
const WEEK = 168 * HOUR;
const LONGEST = 400 * 24 * HOUR;
/** Decided reviews that calibration looks at; older ones were made about other assessors. */
const NEWEST_REVIEWS = 5_000;
const NEWEST_CHANGES = 100;
const MOST_ROWS = 10_000;

const refused = refusals("NotFound");

export function qualityRoutes(app: Api, { store, policies, clock }: RouteDeps): void {
  app.get("/v1/quality/summary", {
    schema: {
      tags: ["look"],
      summary: "How good a policy's interactions were",
      querystring: summaryQuery,
      response: { 200: summary, ...refused },
    },
    handler: async (request): Promise<Summary> => {
      const { tenant } = principalOf(request);
      const { policy } = request.query;
      const known = policyOf(principalOf(request), policy);
      const { from, to } = spanOf(request.query, clock.now());
      const query = { tenant, policy, from, to, facet: "all", bucketMs: to - from };
      const [rows, change] = await Promise.all([
        store.assessments.rollup(query),
        store.thresholds.current(tenant, policy),
      ]);
      const sums = summed(rows.filter(({ facet }) => facet === "all"));
      const overall = sums.find(({ dimension }) => dimension === "overall");
      return {
        policy,
        from: iso(from),
        to: iso(to),
        threshold: effectiveThreshold(known.assessment.threshold, change?.to),
        ...(overall !== undefined && {
          overall: { n: overall.n, mean: overall.mean, p10: overall.p10, accepted: overall.accepted },
        }),
        dimensions: Object.fromEntries(
          sums
            .filter(({ dimension }) => dimension !== "overall")
            .map(({ dimension, n, mean, p10 }) => [dimension, { n, mean, p10 }]),
        ),
      };
    },
  });

  app.get("/v1/quality/trend", {
    schema: {
      tags: ["look"],
      summary: "How quality moved",
      querystring: trendQuery,
      response: { 200: trend, ...refused },
    },
    handler: async (request) => {
      const { tenant } = principalOf(request);
      const { policy, bucket, facet } = request.query;
      policyOf(principalOf(request), policy);
      const { from, to } = spanOf(request.query, clock.now());
      const bucketMs = TREND_BUCKETS[bucket] * HOUR;
      const rows = await store.assessments.rollup({ tenant, policy, from, to, facet, bucketMs });
      if (rows.length > MOST_ROWS) throw new ApiProblem("Invalid", "too many rows: ask for less time or one facet");
      return {
        policy,
        from: iso(from),
        to: iso(to),
        bucket,
        rows: rows.map((row) => ({ ...row, at: iso(row.at) })),
      };
    },
  });

  app.get("/v1/quality/analysis", {
    schema: {
      tags: ["look"],
      summary: "Where quality is low",
      querystring: summaryQuery,
      response: { 200: analysis, ...refused },
    },
    handler: async (request) => {
      const { tenant } = principalOf(request);
      const { policy } = request.query;
      policyOf(principalOf(request), policy);
      const { from, to } = spanOf(request.query, clock.now());
      const { findings, comparisons } = await analyse({ store, tenant, policy, from, to });
      return { policy, from: iso(from), to: iso(to), comparisons, findings: [...findings] };
    },
  });

  app.get("/v1/quality/thresholds", {
    schema: {
      tags: ["look"],
      summary: "The threshold and how it came there",
      querystring: policyQuery,
      response: { 200: thresholds, ...refused },
    },
    handler: async (request) => {
      const { tenant } = principalOf(request);
      const { policy } = request.query;
      const known = policyOf(principalOf(request), policy);
      const changes = await store.thresholds.history(tenant, policy, NEWEST_CHANGES);
      return {
        policy,
        current: effectiveThreshold(known.assessment.threshold, changes[0]?.to),
        changes: changes.map(({ from, to, reason, at }) => ({ from, to, reason, at: iso(at) })),
      };
    },
  });

  app.get("/v1/quality/calibration", {
    schema: {
      tags: ["look"],
      summary: "Whether people agree with the scores",
      querystring: policyQuery,
      response: { 200: calibration, ...refused },
    },
    handler: async (request): Promise<Calibration> => {
      const { tenant } = principalOf(request);
      const { policy } = request.query;
      const known = policyOf(principalOf(request), policy);
      const { everything, lowConfidence, audit, recommendation } = await calibrationOf({
        store,
        tenant,
        policy,
        review: known.assessment.review,
        limit: NEWEST_REVIEWS,
      });
      return {
        policy,
        everything: reliabilityOf(everything),
        lowConfidence: reliabilityOf(lowConfidence),
        audit: reliabilityOf(audit),
        recommendation,
      };
    },
  });

  /** A policy in force of whoever asks. */
  function policyOf({ tenant }: Principal, name: string): DataPolicy {
    const policy = policies.named(name);
    if (policy === undefined || policy.namespace !== tenant) throw new ApiProblem("NotFound", "no such policy");
    return policy;
  }
}

function spanOf(query: Pick<z.output<typeof summaryQuery>, "from" | "to">, now: Instant) {
  const to = Math.ceil((query.to === undefined ? now : Date.parse(query.to)) / HOUR) * HOUR;
  const from = Math.floor((query.from === undefined ? to - WEEK : Date.parse(query.from)) / HOUR) * HOUR;
  if (from >= to) throw new ApiProblem("Invalid", "from: must lie before to");
  if (to - from > LONGEST) throw new ApiProblem("Invalid", "from: at most 400 days before to");
  return { from, to };
}

function reliabilityOf({ n, error, bins }: Reliability): Calibration["everything"] {
  return {
    n,
    ...(error !== undefined && { error }),
    bins: bins.flatMap(({ confidence, agreement, ...bin }) =>
      confidence === undefined || agreement === undefined ? [] : [{ ...bin, confidence, agreement }],
    ),
  };
}
