/**
 * What the data plane keeps. Postgres and SQLite implement it; one conformance suite (`testing/conformance.ts`) holds
 * both to it. Every method is atomic, and safe to repeat after a lost answer.
 */
import type { FeedbackType } from "../../api/learning/feedback.ts";
import type { PolicySet } from "../../api/learning/policies.ts";
import type {
  Assessment,
  CurrentAssessment,
  Dimension,
  EventId,
  Instant,
  InteractionKey,
  KeyedHash,
  NewFeedback,
  NewInteraction,
  Placeholders,
  PolicyName,
  StoredFeedback,
  StoredInteraction,
  Tenant,
} from "../model.ts";

export interface Store {
  readonly interactions: InteractionStore;
  readonly work: WorkStore;
  readonly assessments: AssessmentStore;
  readonly thresholds: ThresholdStore;
  readonly reviews: ReviewStore;
  readonly tasks: TaskStore;
  readonly datasets: DatasetStore;
  readonly erasures: ErasureStore;
  readonly keys: KeyStore;
  readonly policies: PolicyStore;
  /** Throws StoreUnavailable when it cannot be asked now. */
  ping(): Promise<void>;
  /** What must be done from time to time: partitions ahead, retention, old rollups. Safe to run in several processes. */
  maintain(now: Instant): Promise<void>;
  close(): Promise<void>;
}

/** created: stored now. duplicate: the same body was here. conflict: another body was. erased: its subject or id is a tombstone. */
export type AcceptOutcome = "created" | "duplicate" | "conflict" | "erased" | "outsideWindow";

export interface InteractionStore {
  /** Stores the batch, each with its row of work, in one transaction; outcomes in the batch's order. */
  accept(batch: readonly NewInteraction[], now: Instant): Promise<readonly AcceptOutcome[]>;
  /** Appends feedback, bumps `feedbackSeq` and renews the row of work. unknown: no such interaction. */
  acceptFeedback(batch: readonly NewFeedback[], now: Instant): Promise<readonly (AcceptOutcome | "unknown")[]>;
  /** What the redaction of later feedback needs; those that are not there are missing from the map. */
  redactionContexts(tenant: Tenant, ids: readonly EventId[]): Promise<ReadonlyMap<EventId, RedactionContext>>;
  load(keys: readonly InteractionKey[]): Promise<readonly LoadedInteraction[]>;
  /** Newest first. */
  query(criteria: InteractionCriteria): Promise<Page<LoadedInteraction>>;
  /**
   * Calls `rewrite` on every stored interaction of a policy, with its feedback and its reviewer's note, oldest first,
   * and stores what it answers (undefined: unchanged). For a pattern that was added later. In the same transaction each
   * dataset of the policy is withdrawn that has a member among what changed, or may have: one whose members are not all
   * known yet. Answers how many changed.
   */
  rewrite(
    policy: PolicyName,
    tenant: Tenant,
    rewrite: (batch: readonly RewritableInteraction[]) => Promise<readonly (RewritableInteraction | undefined)[]>,
    now: Instant,
  ): Promise<number>;
}

export interface RedactionContext {
  readonly policy: PolicyName;
  readonly placeholders: Placeholders;
  /** Language of each block of code, for the syntax of an edit. */
  readonly languages: readonly string[];
}

export interface LoadedInteraction {
  readonly interaction: StoredInteraction;
  /** In the order received. */
  readonly feedback: readonly StoredFeedback[];
  readonly assessment: CurrentAssessment | undefined;
}

/** All that somebody wrote of an interaction. */
export interface RewritableInteraction extends LoadedInteraction {
  /** The reviewer's; absent where nobody decided, or said nothing with it. */
  readonly note?: string;
}

export interface InteractionCriteria {
  readonly tenant: Tenant;
  readonly policy?: PolicyName;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly session?: KeyedHash;
  readonly kind?: string;
  readonly language?: string;
  readonly tool?: string;
  readonly modelVersion?: string;
  readonly minOverall?: number;
  readonly maxOverall?: number;
  readonly feedback?: FeedbackType;
  /** At most 500. */
  readonly limit: number;
  readonly cursor?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Undefined at the end. Throws InvalidCursor where it is not one of ours. */
  readonly next: string | undefined;
}

/** An interaction that has yet to be assessed. The row goes in the transaction that stores the score. */
export interface WorkRef extends InteractionKey {
  readonly feedbackSeq: number;
}
export interface LeasedWork extends WorkRef {
  /** Times it was handed out, this one included. */
  readonly deliveries: number;
}
export interface DeadWork extends WorkRef {
  readonly reason: string;
  readonly deliveries: number;
  readonly buriedAt: Instant;
}

/** Outbox, queue of installs without Redis, and the truth about what is left to do, in one table. */
export interface WorkStore {
  /** Passes rows that were not sent yet, or were sent before `sentBefore` and are still here, to `send`; marks them sent once it resolves. */
  relay(
    limit: number,
    sentBefore: Instant,
    send: (refs: readonly WorkRef[]) => Promise<void>,
    now: Instant,
  ): Promise<number>;
  /** Hands out up to `limit` rows that nobody holds, for `leaseMs`. Never the same to two. */
  lease(owner: string, limit: number, leaseMs: number, now: Instant): Promise<readonly LeasedWork[]>;
  /** Gives leased rows back at once. */
  release(owner: string, refs: readonly WorkRef[]): Promise<void>;
  bury(ref: WorkRef, reason: string, deliveries: number, now: Instant): Promise<void>;
  dead(tenant: Tenant | undefined, limit: number, cursor?: string): Promise<Page<DeadWork>>;
  /** Makes dead rows work again; all of them without keys. Answers how many. */
  replay(keys: readonly InteractionKey[] | undefined, now: Instant): Promise<number>;
  figures(now: Instant): Promise<WorkFigures>;
}

export interface WorkFigures {
  readonly waiting: number;
  readonly inFlight: number;
  readonly dead: number;
  /** Age of the oldest row that is neither done nor dead; 0 without any. Milliseconds. */
  readonly oldestAgeMs: number;
  readonly oldestDeadAgeMs: number;
}

/** A score with what only the assessor knows of it. */
export interface Scored extends Assessment {
  readonly policy: PolicyName;
  readonly at: Instant;
  /** The threshold it was held against. */
  readonly threshold: number;
  /** `kind:prompt`, `language:go`, `tool:shell`, `model:coder-5be20c1f`: what the analysis groups by. */
  readonly facets: readonly string[];
  /** Asks a person to look, and why. */
  readonly review: "LowConfidence" | "Audit" | undefined;
}

export interface AssessmentStore {
  /**
   * In one transaction: stores each score unless a newer feedback's or a person's is current, keeps the former ones as
   * history, moves the rollups, opens a review where asked, and removes the row of work unless newer feedback came.
   * Answers which became current.
   */
  put(batch: readonly Scored[], now: Instant): Promise<readonly boolean[]>;
  current(keys: readonly InteractionKey[]): Promise<readonly (CurrentAssessment | undefined)[]>;
  /** Sums by hour and facet, from maintained rollups. */
  rollup(query: RollupQuery): Promise<readonly Rollup[]>;
}

export interface RollupQuery {
  readonly tenant: Tenant;
  readonly policy: PolicyName;
  readonly from: Instant;
  readonly to: Instant;
  /** Only facets that start so; `all` is the sum. */
  readonly facet?: string;
  /** Width of a bucket; a multiple of an hour. */
  readonly bucketMs: number;
}

export interface Rollup {
  readonly at: Instant;
  readonly facet: string;
  readonly dimension: Dimension | "overall";
  readonly n: number;
  readonly mean: number;
  /** Tenth percentile, to a twentieth. */
  readonly p10: number;
  /** How many lay at or above their threshold; of `overall` only, else 0. */
  readonly accepted: number;
}

export interface ThresholdChange {
  readonly tenant: Tenant;
  readonly policy: PolicyName;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly at: Instant;
}
export interface ThresholdStore {
  /** The newest change; undefined: none yet, the policy's initial one holds. */
  current(tenant: Tenant, policy: PolicyName): Promise<ThresholdChange | undefined>;
  /** Stores it unless another came since `expectedAt` (the newest's `at`, undefined: none). Answers whether. */
  change(change: ThresholdChange, expectedAt: Instant | undefined): Promise<boolean>;
  history(tenant: Tenant, policy: PolicyName, limit: number): Promise<readonly ThresholdChange[]>;
}

export type ReviewReason = "LowConfidence" | "Audit";
export interface ReviewItem {
  readonly key: InteractionKey;
  readonly policy: PolicyName;
  readonly reason: ReviewReason;
  readonly state: "waiting" | "leased" | "decided";
  readonly openedAt: Instant;
  /** What we thought when it was opened. */
  readonly predicted: number;
  readonly confidence: number;
}
export interface ReviewLease {
  readonly item: ReviewItem;
  /** Proves the lease; a new one each time. */
  readonly token: string;
  readonly until: Instant;
}
export interface ReviewDecision {
  readonly verdict: "include" | "exclude";
  /** The person's own score. */
  readonly overall: number;
  readonly note?: string;
  readonly reviewer: string;
}
export interface DecidedReview extends ReviewDecision {
  readonly decidedAt: Instant;
}
/** One decided review: whether the person agreed with where the score lay, and how sure we had been. */
export interface CalibrationPoint {
  readonly confidence: number;
  readonly agreed: boolean;
  readonly reason: ReviewReason;
}
export interface ReviewStore {
  /** Least confident first, then oldest. */
  list(tenant: Tenant, policy: PolicyName | undefined, limit: number, cursor?: string): Promise<Page<ReviewItem>>;
  counts(tenant: Tenant): Promise<{ readonly waiting: number; readonly leased: number; readonly decided: number }>;
  /** The next free item, or the one asked for; undefined: nothing is free. Ended leases are free again. */
  lease(
    tenant: Tenant,
    reviewer: string,
    leaseMs: number,
    now: Instant,
    wanted?: { readonly policy?: PolicyName; readonly id?: EventId },
  ): Promise<ReviewLease | undefined>;
  renew(key: InteractionKey, token: string, leaseMs: number, now: Instant): Promise<boolean>;
  release(key: InteractionKey, token: string): Promise<boolean>;
  /** Stores the decision and makes it the current score, in one transaction. lost: the lease is another's by now. */
  decide(
    key: InteractionKey,
    token: string,
    decision: ReviewDecision,
    threshold: number,
    now: Instant,
  ): Promise<"decided" | "lost">;
  /** What a person decided of an interaction; undefined: nobody has. */
  decision(key: InteractionKey): Promise<DecidedReview | undefined>;
  calibration(tenant: Tenant, policy: PolicyName, limit: number): Promise<readonly CalibrationPoint[]>;
}

/** Work that takes minutes (datasets, re-redaction): leased with a heartbeat, apart from assessments. */
export interface Task {
  readonly id: string;
  readonly tenant: Tenant;
  readonly kind: string;
  readonly input: unknown;
  readonly state: "waiting" | "running" | "succeeded" | "failed";
  readonly attempts: number;
  readonly progress: number;
  readonly result: unknown;
  readonly error: string | undefined;
  readonly createdAt: Instant;
}
export interface TaskStore {
  /** The same id again answers the task that is there. */
  create(task: Pick<Task, "id" | "tenant" | "kind" | "input">, now: Instant): Promise<Task>;
  get(tenant: Tenant, id: string): Promise<Task | undefined>;
  list(tenant: Tenant, kind: string, limit: number, cursor?: string): Promise<Page<Task>>;
  /** Those that have not ended, oldest first. */
  open(tenant: Tenant, kind: string): Promise<readonly Task[]>;
  claim(kinds: readonly string[], owner: string, leaseMs: number, now: Instant): Promise<Task | undefined>;
  /** false: the lease is lost, stop. */
  heartbeat(id: string, owner: string, leaseMs: number, progress: number, now: Instant): Promise<boolean>;
  succeed(id: string, owner: string, result: unknown, now: Instant): Promise<boolean>;
  /** Waiting again when `retry`, else failed. */
  fail(id: string, owner: string, error: string, retry: boolean, now: Instant): Promise<boolean>;
  /** Waiting again as if it had not been claimed, and claimed by nobody before `until`. `afresh`: as if it never was. */
  postpone(id: string, owner: string, reason: string, until: Instant, how?: { afresh: boolean }): Promise<boolean>;
}

export interface DatasetCandidates {
  readonly tenant: Tenant;
  readonly policy: PolicyName;
  /** Only what was received, and scores that were made, until then. */
  readonly asOf: Instant;
  /** A person's verdict `include` counts as reaching it, `exclude` as not. */
  readonly minOverall: number;
  readonly from?: Instant;
}
export interface DatasetRecord {
  readonly sha256: string;
  readonly tenant: Tenant;
  readonly policy: PolicyName;
  readonly uri: string;
  readonly manifest: unknown;
  readonly createdAt: Instant;
  /** Set when an erasure or a new pattern reached it. */
  readonly erasedAt: Instant | undefined;
}
export interface DatasetMember {
  readonly id: EventId;
  readonly split: "train" | "validation" | "test";
}
export interface DatasetStore {
  /** By id, ascending, in batches; memory does not grow with their number. Scores are those that were current at `asOf`. */
  candidates(query: DatasetCandidates): AsyncIterable<readonly LoadedInteraction[]>;
  /** Stores record and members; members may come in batches, the record is seen only once all are in. */
  add(record: Omit<DatasetRecord, "erasedAt">, members: AsyncIterable<readonly DatasetMember[]>): Promise<void>;
  get(tenant: Tenant, sha256: string): Promise<DatasetRecord | undefined>;
  list(tenant: Tenant, policy: PolicyName | undefined, limit: number, cursor?: string): Promise<Page<DatasetRecord>>;
  /** Marks it, whole or not: nothing may be trained on it any more, and its files are to be removed. */
  withdraw(tenant: Tenant, sha256: string, now: Instant): Promise<void>;
  /** sha256 of all of the policy that are marked, whole or not: their files may still be there. */
  withdrawn(tenant: Tenant, policy: PolicyName): Promise<readonly string[]>;
  /** Whole ones of the policy that are not marked and hold what is not stored any more: it has expired. */
  withExpired(tenant: Tenant, policy: PolicyName): Promise<readonly DatasetRecord[]>;
  /** Those that have this checksum, or name it in their manifest: two may share a file. */
  holding(tenant: Tenant, sha256: string): Promise<readonly string[]>;
  /** Which model was trained on which dataset: told by the operator, so that an erasure can name it. */
  addLineage(
    tenant: Tenant,
    lineage: { readonly modelVersion: string; readonly dataset: string; readonly trainingRun: string },
  ): Promise<void>;
}

export interface ErasureReceipt {
  readonly id: string;
  readonly requestedAt: Instant;
  readonly completedAt: Instant | undefined;
  readonly interactions: number;
  readonly feedback: number;
  /** sha256 of datasets that held something of this person. */
  readonly datasets: readonly string[];
  readonly modelVersions: readonly string[];
}
export interface ErasureStore {
  /** Removes all of a subject in batches, leaves tombstones, destroys its key. Repeatable; the same id goes on where it stopped. */
  erase(
    request: { readonly id: string; readonly tenant: Tenant; readonly subject: KeyedHash },
    now: Instant,
  ): Promise<ErasureReceipt>;
  get(tenant: Tenant, id: string): Promise<ErasureReceipt | undefined>;
  /** Applies all tombstones again: after a backup was restored. Answers how many rows went. */
  replay(now: Instant): Promise<number>;
}

export const ROLES = ["agent", "reviewer", "analyst", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];
export interface ApiKey {
  /** Public part; also the contributor. */
  readonly id: string;
  readonly tenant: Tenant;
  readonly name: string;
  readonly roles: readonly Role[];
  /** SHA-256 of a 256-bit random secret; never the secret. */
  readonly hash: string;
  readonly createdAt: Instant;
  readonly revokedAt: Instant | undefined;
}
export interface KeyStore {
  add(key: ApiKey): Promise<void>;
  find(id: string): Promise<ApiKey | undefined>;
  revoke(tenant: Tenant, id: string, now: Instant): Promise<boolean>;
  list(tenant: Tenant): Promise<readonly ApiKey[]>;
}

export interface PolicyStore {
  /** The set in force; undefined: none has ever come. */
  current(): Promise<PolicySet | undefined>;
  /** stale: a newer revision is in force; unchanged: this very set is. */
  replace(set: PolicySet): Promise<"replaced" | "unchanged" | "stale" | "conflict">;
}
