import { z } from "zod";
import { FEEDBACK_TYPES } from "./feedback.ts";
import { context, eventId, inputKind, instant, usage } from "./interaction.ts";
import { codeChange, syntaxShare } from "./review-code.ts";
import { policyName } from "./tasks.ts";

/** Longest note of a reviewer, in UTF-16 units. */
export const MAX_NOTE = 2000;
/** Greatest page of the list. */
export const MAX_REVIEWS = 200;

const share = z.number().min(0).max(1);

export const REVIEW_REASONS = ["LowConfidence", "Audit"] as const;

/** One line of the queue: why a person is asked, and no text of anybody's. */
export const reviewItem = z.strictObject({
  id: eventId,
  policy: policyName,
  reason: z.enum(REVIEW_REASONS).describe("LowConfidence: our score is too uncertain. Audit: picked at random."),
  state: z.enum(["waiting", "leased", "decided"]),
  openedAt: instant,
  predicted: share.describe("Our overall score when it was opened."),
  confidence: share.describe("How certain we were of it."),
});

export const reviewCounts = z.strictObject({ waiting: z.int(), leased: z.int(), decided: z.int() });

export const reviewListQuery = z.strictObject({
  policy: policyName.exactOptional(),
  limit: z.coerce.number().int().min(1).max(MAX_REVIEWS).default(100),
  cursor: z.string().max(1024).exactOptional(),
});
export const reviewList = z.strictObject({
  items: z.array(reviewItem).describe("Least confident first, then oldest."),
  next: z.string().exactOptional().describe("Cursor of the next page; absent at the end."),
  counts: reviewCounts,
});

const token = z.string().min(1).max(256).describe("Proves the lease. Whoever lost the lease is answered 409.");

export const leaseRequest = z.strictObject({
  id: eventId.exactOptional().describe("This item; without it, the next free one."),
  policy: policyName.exactOptional().describe("Only items of this policy."),
});
export const reviewLease = z.strictObject({
  item: reviewItem,
  token,
  until: instant.describe("When it ends unless it is renewed."),
  leaseSeconds: z.number().describe("Length of the lease and of each renewal."),
});
export const leaseResult = z.strictObject({ lease: reviewLease.exactOptional().describe("Absent: nothing is free.") });

export const leaseProof = z.strictObject({ token });
export const renewResult = z.strictObject({ until: instant });

export const decideRequest = z.strictObject({
  token,
  verdict: z
    .enum(["include", "exclude"])
    .describe("Whether it is worth learning from; holds whatever the threshold becomes."),
  overall: share.exactOptional().describe("The person's own score; without it, include counts 1 and exclude 0."),
  note: z.string().min(1).max(MAX_NOTE).exactOptional().describe("Redacted before it is stored, like all text."),
});
export const decideResult = z.strictObject({ overall: share.describe("The score that holds from now on.") });

// Answers alone use `optional`: what is undefined is not sent.

/** What became of the answer, without the text of edits: those stand beside their code. */
export const reviewFeedback = z.strictObject({
  type: z.enum(FEEDBACK_TYPES),
  at: z.iso.datetime({ offset: true }),
  rating: z.int().optional(),
  accepted: z.boolean().optional(),
  succeeded: z.boolean().optional(),
  block: z.int().optional(),
  point: z.string().optional(),
  share: share.optional(),
  passed: z.int().optional(),
  failed: z.int().optional(),
  text: z.string().optional(),
});

const reviewCode = z.strictObject({
  language: z.string(),
  path: z.string().optional(),
  after: z.string().describe("What the model offered."),
  syntax: syntaxShare.optional().describe("Absent: no grammar for the language."),
  offered: codeChange.optional().describe("From what stood there to what the model offered."),
  edited: codeChange.optional().describe("From what the model offered to what the user made of it."),
  editedSyntax: syntaxShare.optional(),
});

/** All that a reviewer sees of one interaction. Everything in it was redacted before it was stored. */
export const reviewContent = z.strictObject({
  id: eventId,
  policy: policyName,
  at: instant,
  kind: inputKind,
  servedModel: z.string(),
  modelVersion: z.string().optional(),
  thinking: z.boolean(),
  languages: z.array(z.string()),
  tools: z.array(z.string()),
  redactions: z.record(z.string(), z.int()).describe("How many of each type were replaced."),
  placeholders: z.array(z.string()).describe("Placeholders that are ours: EMAIL_1. Others are a user's own text."),
  history: z.array(z.strictObject({ role: z.string(), content: z.string() })),
  input: z.string(),
  output: z.string(),
  reasoning: z.string().optional(),
  context: context.optional(),
  usage: usage.optional(),
  code: z.array(reviewCode),
  feedback: z.array(reviewFeedback).describe("Oldest first; the newest 200."),
  feedbackCount: z.int(),
  threshold: share.describe("From which score on an interaction is trained on."),
  assessment: z
    .strictObject({
      overall: share,
      confidence: share,
      dimensions: z.record(z.string(), share).describe("Those without evidence are missing."),
      why: z.array(z.string()),
      assessor: z.string(),
      at: instant,
    })
    .optional(),
});

export const calibrationQuery = z.strictObject({ policy: policyName });
const reliability = z.strictObject({
  n: z.int().describe("Decisions it is made from."),
  error: share.optional().describe("Expected calibration error: |agreement - confidence|, weighted."),
  bins: z.array(
    z.strictObject({ from: share, to: share, n: z.int(), confidence: share.optional(), agreement: share.optional() }),
  ),
});
/** Whether our confidence means what it says: of scores 80 % certain, people should agree with 80 %. */
export const reviewCalibration = z.strictObject({
  policy: policyName,
  everything: reliability.describe("All scores: an audited one stands for those that nobody was asked about."),
  lowConfidence: reliability,
  audit: reliability,
  recommendation: z.string(),
});

const sessionUser = z.strictObject({ id: z.string(), name: z.string(), roles: z.array(z.string()) });
export const loginRequest = z.strictObject({ key: z.string().min(1).max(512) });
export const reviewSession = z.strictObject({
  user: sessionUser,
  csrf: z.string().describe("Sent as x-qi-csrf with every change."),
  policies: z.array(policyName),
  idleSeconds: z.number(),
});

export type ReviewSession = z.output<typeof reviewSession>;
export type ReviewCalibration = z.output<typeof reviewCalibration>;
export type ReviewItemView = z.output<typeof reviewItem>;
export type ReviewContent = z.output<typeof reviewContent>;
export type ReviewFeedback = z.output<typeof reviewFeedback>;
export type ReviewListView = z.output<typeof reviewList>;
export type ReviewLeaseView = z.output<typeof reviewLease>;
