import type { ReviewItemView, ReviewLeaseView } from "../../api/learning/reviews.ts";
import { ApiProblem } from "../http/errors.ts";
import type { Principal } from "../http/principal.ts";
import type { EventId, Instant, InteractionKey, PolicyName } from "../model.ts";
import type { PrivacyFilter } from "../privacy/port.ts";
import type { ReviewItem, ReviewStore, Store } from "../store/port.ts";
import { reviewContentOf } from "./content.ts";
import type { Stopwatch } from "./diff.ts";
import { ReviewProblem } from "./errors.ts";
import { redactNote } from "./note.ts";
import { type ReviewRules, VERDICT_ALONE } from "./rules.ts";

export interface QueueOptions {
  readonly store: Pick<Store, "interactions"> & { readonly reviews: ReviewStore };
  readonly rules: ReviewRules;
  readonly filter: Pick<PrivacyFilter, "filter">;
  readonly now: () => Instant;
  readonly stopwatch: Stopwatch;
}

export interface Decision {
  readonly token: string;
  readonly verdict: "include" | "exclude";
  readonly overall?: number;
  readonly note?: string;
}

/** What reviewers do with the queue. The tenant is always the caller's, never one that a request names. */
export function reviewQueue({ store, rules, filter, now, stopwatch }: QueueOptions) {
  const { reviews, interactions } = store;

  const contextOf = async ({ tenant, id }: InteractionKey) => {
    const context = (await interactions.redactionContexts(tenant, [id])).get(id);
    if (context === undefined) throw new ApiProblem("NotFound", "there is no such interaction, or it was erased");
    return context;
  };
  const renew = async (key: InteractionKey, token: string, policy: PolicyName): Promise<Instant> => {
    const at = now();
    const leaseMs = rules.leaseMs(policy);
    if (!(await reviews.renew(key, token, leaseMs, at))) throw leaseLost();
    return at + leaseMs;
  };

  return {
    async list({ tenant }: Principal, query: { policy?: string; limit: number; cursor?: string }) {
      const [page, counts] = await Promise.all([
        reviews.list(tenant, query.policy, query.limit, query.cursor),
        reviews.counts(tenant),
      ]);
      const next = page.next === undefined ? {} : { next: page.next };
      return { items: page.items.map(itemView), counts: { ...counts }, ...next };
    },

    async lease(
      { tenant, id: reviewer }: Principal,
      wanted: { readonly id?: EventId; readonly policy?: PolicyName },
    ): Promise<{ lease?: ReviewLeaseView }> {
      const asked = rules.leaseMs(wanted.policy);
      const lease = await reviews.lease(tenant, reviewer, asked, now(), wanted);
      if (lease === undefined) {
        if (wanted.id === undefined) return {};
        throw new ReviewProblem("NotFree");
      }
      const { item, token } = lease;
      // Only now is it known whose it is, and that policy may lease for another time.
      const leaseMs = rules.leaseMs(item.policy);
      const until = leaseMs === asked ? lease.until : await renew(item.key, token, item.policy);
      return {
        lease: { item: itemView(item), token, until: new Date(until).toISOString(), leaseSeconds: leaseMs / 1000 },
      };
    },

    /** Whoever reads is at work on it: reading proves the lease by renewing it. */
    async content({ tenant }: Principal, id: EventId, token: string) {
      const key = { tenant, id };
      const [loaded] = await interactions.load([key]);
      if (loaded === undefined) throw new ApiProblem("NotFound", "there is no such interaction, or it was erased");
      const { policy } = loaded.interaction.facts;
      await renew(key, token, policy);
      return reviewContentOf(loaded, await rules.threshold(tenant, policy), stopwatch);
    },

    async renew({ tenant }: Principal, id: EventId, token: string) {
      const key = { tenant, id };
      const until = await renew(key, token, (await contextOf(key)).policy);
      return { until: new Date(until).toISOString() };
    },

    async release({ tenant }: Principal, id: EventId, token: string): Promise<void> {
      if (!(await reviews.release({ tenant, id }, token))) throw leaseLost();
    },

    async decide({ tenant, id: reviewer }: Principal, id: EventId, { token, verdict, overall, note }: Decision) {
      const key = { tenant, id };
      const context = await contextOf(key);
      const threshold = await rules.threshold(tenant, context.policy);
      const score = overall ?? VERDICT_ALONE[verdict];
      const kept =
        note === undefined
          ? {}
          : { note: await redactNote(filter, rules.privacy(context.policy), key, context, note, now()) };
      const outcome = await reviews.decide(
        key,
        token,
        { verdict, overall: score, reviewer, ...kept },
        threshold,
        now(),
      );
      if (outcome === "lost") throw leaseLost();
      return { overall: score };
    },
  };
}
export type ReviewQueue = ReturnType<typeof reviewQueue>;

const leaseLost = () => new ReviewProblem("LeaseLost", "the item may be somebody else's by now");

function itemView({ key, policy, reason, state, openedAt, predicted, confidence }: ReviewItem): ReviewItemView {
  return { id: key.id, policy, reason, state, openedAt: new Date(openedAt).toISOString(), predicted, confidence };
}
