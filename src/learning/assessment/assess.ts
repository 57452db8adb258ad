import { setImmediate } from "node:timers/promises";
import type { AssessmentPolicy, DataPolicy } from "../../api/learning/policies.ts";
import { dataPolicy } from "../../api/learning/policies.ts";
import { canonicalJson, sha256Hex } from "../../domain/identity.ts";
import { entries } from "../../domain/quality/confidence.ts";
import { outcomeOf } from "../../domain/quality/correctness.ts";
import { lastWords } from "../../domain/quality/feedback.ts";
import { SCORING } from "../../domain/quality/numbers.ts";
import { reviewChoice } from "../../domain/quality/review.ts";
import { decide } from "../../domain/quality/tree.ts";
import type { PolicyName, Tenant } from "../model.ts";
import type { LoadedInteraction, Scored } from "../store/port.ts";
import { type AssessorFailure, judgeAll } from "./dimensions.ts";
import { facets } from "./facets.ts";
import type { Assessor } from "./port.ts";

export interface AssessmentOptions {
  readonly assessors: readonly Assessor[];
  /** Undefined: the policy is gone. */
  readonly policyOf: (policy: PolicyName) => DataPolicy | undefined | Promise<DataPolicy | undefined>;
  /** The threshold in force, see `thresholds.ts`. */
  readonly thresholdOf: (tenant: Tenant, policy: PolicyName, assessment: AssessmentPolicy) => number | Promise<number>;
  /** Of the audit's draw: secret, or clients could choose ids that are never looked at. */
  readonly salt: string;
  /** Told of each assessor that failed, for a counter. */
  readonly failed?: (failure: AssessorFailure) => void;
}

export type Assess = (batch: readonly LoadedInteraction[]) => Promise<readonly Scored[]>;

/** Grows with every change of how judgements become a score. */
const TREE_VERSION = "1";

/** What the assessor version of every score made so is. */
export function assessorVersion(assessors: readonly Assessor[]): string {
  const versions = assessors.map(({ dimension, version }) => `${dimension}-${version}`).sort();
  return sha256Hex(canonicalJson({ tree: TREE_VERSION, numbers: SCORING, versions })).slice(0, 16);
}

/**
 * Scores interactions with the feedback they came with, in the order given. Late feedback means to load and score anew:
 * nothing is remembered between batches. Between two interactions other work gets its turn.
 */
export function createAssessment(options: AssessmentOptions): Assess {
  const version = assessorVersion(options.assessors);
  return async (batch) => {
    for (const assessor of options.assessors) await prepared(assessor, batch, options);
    const scores: Scored[] = [];
    for (const subject of batch) {
      scores.push(await score(subject, options, version));
      await setImmediate();
    }
    return scores;
  };
}

/** What cannot be loaded is done without: text can be judged without a grammar, and no event waits for one. */
async function prepared(
  { dimension, prepare }: Assessor,
  batch: readonly LoadedInteraction[],
  { failed }: AssessmentOptions,
): Promise<void> {
  try {
    await prepare?.(batch);
  } catch {
    failed?.({ dimension, reason: "NotPrepared" });
  }
}

async function score(subject: LoadedInteraction, options: AssessmentOptions, version: string): Promise<Scored> {
  const { facts, feedbackSeq } = subject.interaction;
  const policy = await options.policyOf(facts.policy);
  const assessment = policy?.assessment ?? DEFAULTS;
  const threshold = await options.thresholdOf(facts.tenant, facts.policy, assessment);
  const { judgements, failures } = judgeAll(options.assessors, subject);
  for (const failure of failures) options.failed?.(failure);
  const outcome = outcomeOf(lastWords(subject.feedback.map(({ feedback }) => feedback)));
  const verdict = decide(judgements, outcome, assessment.weights, threshold);
  // What a person has decided needs no second look.
  const decided = subject.assessment?.human === true;
  return {
    tenant: facts.tenant,
    id: facts.id,
    policy: facts.policy,
    at: facts.at,
    feedbackSeq,
    assessorVersion: version,
    dimensions: Object.fromEntries(entries(judgements).map(([dimension, { value }]) => [dimension, value])),
    overall: verdict.overall,
    confidence: verdict.confidence,
    threshold,
    facets: facets(facts),
    review: decided
      ? undefined
      : reviewChoice(`${facts.tenant}/${facts.id}`, verdict.confidence, assessment.review, options.salt),
    why: [
      ...(policy === undefined ? ["Its policy is gone: the defaults count."] : []),
      ...failures.map(({ dimension, reason }) => `${dimension} could not be judged (${reason}).`),
      ...verdict.why,
    ],
  };
}

/** Of a policy that says nothing. */
const DEFAULTS = dataPolicy.shape.assessment.parse(undefined);
