import type { Feedback } from "../api/learning/feedback.ts";
import type { Interaction } from "../api/learning/interaction.ts";

/** Milliseconds since 1970. */
export type Instant = number;
/** UUIDv7, lower case. */
export type EventId = string;
/** Hex of a keyed hash: the value itself is never stored. */
export type KeyedHash = string;
/** What installs share one database by; from the API key, never from what a client says. */
export type Tenant = string;
/** `namespace/name` of a QualityPolicy. */
export type PolicyName = string;

export interface InteractionKey {
  readonly tenant: Tenant;
  readonly id: EventId;
}

/** How many of each type were replaced: `{ EMAIL: 2, SECRET: 1 }`. */
export type RedactionCounts = Readonly<Record<string, number>>;

/** Keyed hash of a value → its placeholder without brackets (`EMAIL_1`): feedback that comes later gets the same. */
export type Placeholders = Readonly<Record<KeyedHash, string>>;

/** How well a block of code parsed before and after redaction, since nothing later sees the raw text. */
export interface BlockSyntax {
  readonly language: string;
  /** Share of the text inside syntax errors, 0 to 1; undefined: no grammar for the language. */
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** What is sealed: everything that a user or a model wrote. Redacted before it gets here. */
export type InteractionContent = Pick<
  Interaction,
  "input" | "output" | "reasoning" | "history" | "code" | "context" | "usage"
> & {
  readonly syntax: readonly BlockSyntax[];
  readonly placeholders: Placeholders;
};

/** What stands beside the sealed content, in plain: what queries, splits and caps need, and no text. */
export interface InteractionFacts extends InteractionKey {
  readonly at: Instant;
  readonly policy: PolicyName;
  readonly policyRevision: number;
  readonly kind: Interaction["kind"];
  readonly servedModel: string;
  readonly modelVersion: string | undefined;
  readonly thinking: boolean;
  readonly session: KeyedHash;
  readonly subject: KeyedHash | undefined;
  readonly repository: KeyedHash | undefined;
  /** Id of the API key by which it came. */
  readonly contributor: string;
  /** Of the code offered, without repeats, sorted. */
  readonly languages: readonly string[];
  /** Of the tools used, without repeats, sorted. */
  readonly tools: readonly string[];
  readonly redactions: RedactionCounts;
}

export interface NewInteraction {
  readonly facts: InteractionFacts;
  readonly content: InteractionContent;
  /** Keyed hash of the body as it came: tells a repetition from another body under the same id. */
  readonly body: KeyedHash;
}

export interface StoredInteraction {
  readonly facts: InteractionFacts;
  readonly content: InteractionContent;
  readonly receivedAt: Instant;
  /** Number of the newest feedback, 0 without any. */
  readonly feedbackSeq: number;
}

export interface NewFeedback {
  readonly tenant: Tenant;
  readonly feedback: Feedback;
  readonly body: KeyedHash;
  /** Placeholders that its text added to those of the interaction. */
  readonly placeholders: Placeholders;
  readonly syntax: BlockSyntax | undefined;
}

export interface StoredFeedback {
  readonly feedback: Feedback;
  readonly seq: number;
  readonly receivedAt: Instant;
  readonly syntax: BlockSyntax | undefined;
}

export const DIMENSIONS = [
  "satisfaction",
  "functionalCorrectness",
  "codeQuality",
  "contextRelevance",
  "efficiency",
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** One score. `dimensions` lacks those without evidence. All numbers 0 to 1. */
export interface Assessment extends InteractionKey {
  /** The feedback it took into account. */
  readonly feedbackSeq: number;
  /** Versions of all assessors and of the aggregation; `human` when a person decided. */
  readonly assessorVersion: string;
  readonly dimensions: Readonly<Partial<Record<Dimension, number>>>;
  readonly overall: number;
  readonly confidence: number;
  /** A sentence for each step of the decision tree taken. */
  readonly why: readonly string[];
  /** Set by a person: overrides every score of ours. */
  readonly human?: boolean;
  /** What a person decided: holds for datasets whatever the threshold becomes later. */
  readonly verdict?: "include" | "exclude";
}

export interface CurrentAssessment extends Assessment {
  readonly assessedAt: Instant;
}
