import type { Clock, Milliseconds } from "../../kube/clock.ts";
import { errorCode } from "../queue/error-code.ts";
import type { Delivery } from "../queue/port.ts";
import { keyOf } from "../queue/reference.ts";
import type { LoadedInteraction, Scored, Store } from "../store/port.ts";
import { untilAvailable, within } from "./patience.ts";
import type { ScoreCache } from "./score-cache/port.ts";

/** Judges interactions: one score for each, in any order. Throwing fails the whole call, which is then made one by one. */
export type Assess = (batch: readonly LoadedInteraction[]) => Promise<readonly Scored[]> | readonly Scored[];

export interface BatchOptions {
  readonly store: Pick<Store, "interactions" | "assessments">;
  readonly assess: Assess;
  /** Of everything that `assess` depends on; scores of another version are not taken from the cache. */
  readonly assessorVersion: (subject: LoadedInteraction) => string;
  readonly cache: ScoreCache;
  readonly clock: Clock;
  /** An assessment that takes longer has failed. */
  readonly timeoutMs: Milliseconds;
  readonly signal: AbortSignal;
  /** After every step. */
  readonly onProgress: () => void;
}

export interface Settled {
  readonly delivery: Delivery;
  /** current: its score counts now; superseded: another does; gone: there is nothing to assess any more. */
  readonly outcome: "current" | "superseded" | "gone" | { readonly failed: string };
}

/**
 * Assesses what was delivered and stores the scores. What one interaction does to us is its own failure: when anything
 * but the store's absence goes wrong, each is tried alone. Waits as long as the store is away; rejects only when stopped.
 */
export async function assessBatch(deliveries: readonly Delivery[], options: BatchOptions): Promise<readonly Settled[]> {
  // The same interaction may come twice, and with older feedback: its newest state is assessed, once.
  const groups = [...Map.groupBy(deliveries, ({ ref }) => keyOf(ref)).values()];
  try {
    return await settle(groups, options);
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof StepFailed)) throw error;
    const failed = error.message;
    if (groups.length === 1) return deliveries.map((delivery) => ({ delivery, outcome: { failed } }));
  }
  const settled: Settled[] = [];
  for (const group of groups) settled.push(...(await assessBatch(group, options)));
  return settled;
}

async function settle(
  groups: readonly (readonly Delivery[])[],
  { store, clock, signal, onProgress, ...options }: BatchOptions,
): Promise<readonly Settled[]> {
  const patiently = { clock, signal, onWait: onProgress };
  const refs = groups.flatMap(([delivery]) => (delivery === undefined ? [] : [delivery.ref]));
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await untilAvailable(work, patiently);
    } catch (error) {
      signal.throwIfAborted();
      throw new StepFailed(name, errorCode(error));
    } finally {
      onProgress();
    }
  };
  const loaded = await step("LoadFailed", () => store.interactions.load(refs));
  const scores = await step("AssessmentFailed", () => score(loaded, { clock, ...options }));
  const current = scores.length === 0 ? [] : await step("PutFailed", () => store.assessments.put(scores, clock.now()));
  await options.cache.put(scores);
  const outcomes = new Map(
    scores.map((each, at) => [keyOf(each), current[at] === true ? "current" : "superseded"] as const),
  );
  return groups.flatMap((group) =>
    group.map((delivery) => ({ delivery, outcome: outcomes.get(keyOf(delivery.ref)) ?? ("gone" as const) })),
  );
}

/** One score for each that was loaded, from the cache or made now. */
async function score(
  loaded: readonly LoadedInteraction[],
  {
    assess,
    assessorVersion,
    cache,
    clock,
    timeoutMs,
  }: Pick<BatchOptions, "assess" | "assessorVersion" | "cache" | "clock" | "timeoutMs">,
): Promise<readonly Scored[]> {
  const cached = await cache.get(
    loaded.map((each) => {
      const { facts, feedbackSeq } = each.interaction;
      return { tenant: facts.tenant, id: facts.id, feedbackSeq, assessorVersion: assessorVersion(each) };
    }),
  );
  const missing = loaded.filter((_, at) => cached[at] === undefined);
  if (missing.length === 0) return cached.filter((each) => each !== undefined);
  const made = await within(
    timeoutMs,
    clock,
    Promise.resolve().then(() => assess(missing)),
  );
  const byKey = new Map(made.map((each) => [keyOf(each), each]));
  return loaded.map(({ interaction }, at) => {
    const found = cached[at] ?? byKey.get(keyOf(interaction.facts));
    if (found === undefined || found.feedbackSeq !== interaction.feedbackSeq) throw new NotScored();
    return found;
  });
}

/** The assessment left out one of those it was given, or scored another state of it. */
class NotScored extends Error {
  override readonly name = "NotScored";
}

/** Its message is kept with the dead letter and read by people: codes only, since an error's own may repeat a user's text. */
class StepFailed extends Error {
  override readonly name = "StepFailed";
  constructor(step: string, code: string) {
    super(`${step}: ${code}`);
  }
}
