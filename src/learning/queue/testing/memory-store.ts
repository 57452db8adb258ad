import type { Instant, StoredInteraction } from "../../model.ts";
import { StoreUnavailable } from "../../store/errors.ts";
import type {
  AssessmentStore,
  DeadWork,
  InteractionStore,
  LeasedWork,
  LoadedInteraction,
  Scored,
  WorkRef,
  WorkStore,
} from "../../store/port.ts";
import { keyOf } from "../reference.ts";

interface Row {
  readonly ref: WorkRef;
  readonly enqueuedAt: Instant;
  sentAt: Instant;
  owner: string | undefined;
  leaseUntil: Instant;
  deliveries: number;
  buried: { reason: string; at: Instant } | undefined;
}

/**
 * The part of the store that queue and worker stand on, in one Map: for tests that own time and break things at a chosen
 * call. The real ones are held to the same port by their own suite, and this folder's runs on them, too.
 */
export class MemoryStore {
  readonly rows = new Map<string, Row>();
  readonly seen = new Map<string, StoredInteraction>();
  readonly scores = new Map<string, Scored>();
  /** Scores ever offered, whether or not they became current. */
  puts = 0;
  away = false;

  /** An accepted interaction, or newer feedback on it. */
  accept(ref: WorkRef, now: Instant): void {
    this.seen.set(keyOf(ref), stored(ref, now));
    this.rows.set(keyOf(ref), fresh(ref, now));
  }

  readonly interactions: Pick<InteractionStore, "load"> = {
    load: async (keys) => {
      this.#check();
      return keys.flatMap((key): LoadedInteraction[] => {
        const interaction = this.seen.get(keyOf(key));
        return interaction === undefined ? [] : [{ interaction, feedback: [], assessment: undefined }];
      });
    },
  };

  readonly assessments: Pick<AssessmentStore, "put"> = {
    put: async (batch) => {
      this.#check();
      this.puts += batch.length;
      return batch.map((score) => {
        const key = keyOf(score);
        if (this.rows.get(key)?.ref.feedbackSeq === score.feedbackSeq) this.rows.delete(key);
        const current = this.scores.get(key);
        if (current !== undefined && current.feedbackSeq > score.feedbackSeq) return false;
        this.scores.set(key, score);
        return true;
      });
    },
  };

  readonly work: WorkStore = {
    relay: async (limit, sentBefore, send, now) => {
      this.#check();
      const due = [...this.rows.values()]
        .filter((row) => row.buried === undefined && (row.sentAt === 0 || row.sentAt < sentBefore))
        .slice(0, limit);
      if (due.length > 0) await send(due.map(({ ref }) => ref));
      for (const row of due) row.sentAt = now;
      return due.length;
    },
    lease: async (owner, limit, leaseMs, now) => {
      this.#check();
      const free = [...this.rows.values()]
        .filter((row) => row.buried === undefined && row.leaseUntil <= now)
        .sort((a, b) => a.enqueuedAt - b.enqueuedAt)
        .slice(0, limit);
      return free.map((row): LeasedWork => {
        Object.assign(row, { owner, leaseUntil: now + leaseMs, deliveries: row.deliveries + 1 });
        return { ...row.ref, deliveries: row.deliveries };
      });
    },
    release: async (owner, refs) => {
      this.#check();
      for (const ref of refs) {
        const row = this.#row(ref);
        if (row?.owner === owner) Object.assign(row, { owner: undefined, leaseUntil: 0 });
      }
    },
    bury: async (ref, reason, deliveries, at) => {
      this.#check();
      const row = this.#row(ref);
      if (row !== undefined) Object.assign(row, { deliveries, buried: { reason, at } });
    },
    dead: async (tenant, limit) => {
      const all = [...this.rows.values()].flatMap(({ ref, deliveries, buried }): DeadWork[] =>
        buried === undefined ? [] : [{ ...ref, deliveries, reason: buried.reason, buriedAt: buried.at }],
      );
      return {
        items: all.filter((row) => tenant === undefined || row.tenant === tenant).slice(0, limit),
        next: undefined,
      };
    },
    replay: async (keys, now) => {
      const wanted = keys === undefined ? undefined : new Set(keys.map(keyOf));
      const dead = [...this.rows.values()].filter(
        ({ ref, buried }) => buried !== undefined && (wanted === undefined || wanted.has(keyOf(ref))),
      );
      for (const { ref } of dead) this.rows.set(keyOf(ref), fresh(ref, now));
      return dead.length;
    },
    figures: async (now) => {
      const rows = [...this.rows.values()];
      const alive = rows.filter(({ buried }) => buried === undefined);
      const held = alive.filter(({ leaseUntil }) => leaseUntil > now);
      const age = (times: readonly Instant[]) => (times.length === 0 ? 0 : now - Math.min(...times));
      return {
        waiting: alive.length - held.length,
        inFlight: held.length,
        dead: rows.length - alive.length,
        oldestAgeMs: age(alive.map(({ enqueuedAt }) => enqueuedAt)),
        oldestDeadAgeMs: age(rows.flatMap(({ buried }) => (buried === undefined ? [] : [buried.at]))),
      };
    },
  };

  #row(ref: WorkRef): Row | undefined {
    const row = this.rows.get(keyOf(ref));
    return row?.ref.feedbackSeq === ref.feedbackSeq ? row : undefined;
  }

  #check(): void {
    if (this.away) throw new StoreUnavailable("the test took the store away");
  }
}

function fresh(ref: WorkRef, now: Instant): Row {
  return { ref, enqueuedAt: now, sentAt: 0, owner: undefined, leaseUntil: 0, deliveries: 0, buried: undefined };
}

function stored({ tenant, id, feedbackSeq }: WorkRef, at: Instant): StoredInteraction {
  return {
    facts: {
      tenant,
      id,
      at,
      policy: "team/coder",
      policyRevision: 1,
      kind: "prompt",
      servedModel: "coder",
      modelVersion: undefined,
      thinking: false,
      session: "5e55",
      subject: undefined,
      repository: undefined,
      contributor: "key-1",
      languages: [],
      tools: [],
      redactions: {},
    },
    content: { input: "how", output: "so", history: [], code: [], syntax: [], placeholders: {} },
    receivedAt: at,
    feedbackSeq,
  };
}

/** What an assessor might say, the same every time. */
export function scoreOf({ interaction }: LoadedInteraction): Scored {
  const { tenant, id, policy, at } = interaction.facts;
  return {
    tenant,
    id,
    policy,
    at,
    feedbackSeq: interaction.feedbackSeq,
    assessorVersion: "v1",
    dimensions: { satisfaction: 1 },
    overall: 1,
    confidence: 0.5,
    why: ["accepted as it was"],
    threshold: 0.7,
    facets: ["kind:prompt"],
    review: undefined,
  };
}
