import type { Instant } from "../../model.ts";
import type { Context } from "../context.ts";
import type { Scored } from "../port.ts";
import { type Database, inLockOrder, KEY_COLUMNS, keyText, type Session } from "../sql/database.ts";
import { contributionOf } from "./contribution.ts";
import { isCurrent, replaces } from "./precedence.ts";
import { scoreRows } from "./rows.ts";
import { type Becoming, become, formerSaid, lockInteractions, removeWork } from "./write.ts";

export async function put({ database }: Context, batch: readonly Scored[], now: Instant): Promise<readonly boolean[]> {
  const results = new Map<Scored, boolean>();
  for (const round of rounds(batch)) {
    const current = await database.transaction((session) => putRound(session, database, round, now));
    for (const item of round) results.set(item, current.has(keyText(item)));
  }
  return batch.map((item) => results.get(item) === true);
}

/** A key that stands twice in a batch is put twice, one after the other. */
function rounds(batch: readonly Scored[]): Scored[][] {
  const split: Scored[][] = [];
  const seen = new Map<string, number>();
  for (const item of batch) {
    const round = seen.get(keyText(item)) ?? 0;
    seen.set(keyText(item), round + 1);
    split[round] ??= [];
    split[round].push(item);
  }
  return split;
}

/** Answers the keys whose score is current now. */
async function putRound(
  session: Session,
  database: Database,
  batch: readonly Scored[],
  now: Instant,
): Promise<ReadonlySet<string>> {
  const ordered = inLockOrder(batch);
  const there = await lockInteractions(session, database, ordered);
  const scores = await scoreRows(database, ordered, session);
  const current = new Set<string>();
  const becoming: Becoming[] = [];
  for (const item of ordered) {
    if (!there.has(keyText(item))) continue;
    const former = scores.get(keyText(item));
    const said = formerSaid(former);
    if (replaces(said, item))
      becoming.push({
        assessment: item,
        contribution: contributionOf({ ...item, accepted: item.overall >= item.threshold }),
        verdict: undefined,
        former,
      });
    if (replaces(said, item) || isCurrent(said, item)) current.add(keyText(item));
  }
  await become(session, database, becoming, now);
  await openReviews(
    session,
    database,
    ordered.filter((item) => current.has(keyText(item)) && item.review !== undefined),
    now,
  );
  await removeWork(session, database, ordered);
  return current;
}

/** One review an interaction, ever: what a person decided is not asked again. */
async function openReviews(
  session: Session,
  { dialect }: Database,
  asked: readonly Scored[],
  now: Instant,
): Promise<void> {
  if (asked.length === 0) return;
  const columns = { ...KEY_COLUMNS, policy: "text", reason: "text", predicted: "float", confidence: "float" } as const;
  await session.query(
    `INSERT INTO review (tenant, id, policy, reason, predicted, confidence, opened_at)
     SELECT tenant, id, policy, reason, predicted, confidence, $2::bigint FROM ${dialect.records(1, columns)} n WHERE true
     ON CONFLICT DO NOTHING`,
    JSON.stringify(
      asked.map(({ tenant, id, policy, review, overall, confidence }) => ({
        tenant,
        id,
        policy,
        reason: review,
        predicted: overall,
        confidence,
      })),
    ),
    now,
  );
}
