import type { Assessment, Instant, InteractionKey } from "../../model.ts";
import { type Contribution, contributionOf } from "../assessments/contribution.ts";
import { currentOf, scoreRows } from "../assessments/rows.ts";
import { become, lockInteractions, removeWork } from "../assessments/write.ts";
import type { Context } from "../context.ts";
import { holderOf, holderText } from "../keyring.ts";
import type { ReviewDecision } from "../port.ts";
import { json, number, optionalText, text } from "../sql/columns.ts";
import { type Database, keyText, type Session } from "../sql/database.ts";
import { sealDecision } from "./decision.ts";

export async function decide(
  context: Context,
  key: InteractionKey,
  token: string,
  decision: ReviewDecision,
  threshold: number,
  now: Instant,
): Promise<"decided" | "lost"> {
  const sealed = await sealedFor(context, key, decision);
  if (sealed === undefined) return "lost";
  const { database } = context;
  return await database.transaction(async (session) => {
    // The interaction first, as every writer does.
    const interaction = (await lockInteractions(session, database, [key])).get(keyText(key));
    const [review] = await session.query(
      "SELECT open, predicted FROM review WHERE tenant = $1 AND id = $2 AND lease_token = $3 FOR UPDATE",
      key.tenant,
      key.id,
      token,
    );
    if (interaction === undefined || review === undefined) return "lost";
    // The answer to the first time was lost on the way.
    if (number(review, "open") === 0) return "decided";
    const agreed = number(review, "predicted") >= threshold === (decision.verdict === "include");
    await session.query(
      `UPDATE review SET open = 0, decided_at = $3, agreed = $4, lease_until = 0, lease_owner = $5, sealed = $6
       WHERE tenant = $1 AND id = $2`,
      key.tenant,
      key.id,
      now,
      agreed ? 1 : 0,
      decision.reviewer,
      sealed,
    );
    await overrule(session, database, key, decision, number(interaction, "feedback_seq"), now);
    return "decided";
  });
}

/** Undefined: no such interaction. */
async function sealedFor(
  { database, keyring }: Context,
  key: InteractionKey,
  decision: ReviewDecision,
): Promise<Uint8Array | undefined> {
  const [row] = await database.query(
    "SELECT subject, contributor FROM interaction WHERE tenant = $1 AND id = $2",
    key.tenant,
    key.id,
  );
  if (row === undefined) return undefined;
  const { tenant } = key;
  const holder = holderOf({
    tenant,
    subject: optionalText(row, "subject"),
    contributor: text(row, "contributor"),
  });
  const dataKey = (await keyring.keys(database, [holder])).get(holderText(holder));
  return dataKey && sealDecision(dataKey, key, decision);
}

/** What the dimensions showed still holds; the person decides what it is worth. */
async function overrule(
  session: Session,
  database: Database,
  key: InteractionKey,
  { verdict, overall, reviewer }: ReviewDecision,
  feedbackSeq: number,
  now: Instant,
): Promise<void> {
  const former = (await scoreRows(database, [key], session)).get(keyText(key));
  if (former === undefined) return;
  const assessment: Assessment = {
    ...key,
    feedbackSeq,
    assessorVersion: "human",
    dimensions: currentOf(former).dimensions,
    overall,
    confidence: 1,
    why: [`${reviewer} looked at it and decided: ${verdict}.`],
    human: true,
    verdict,
  };
  const before = json<Contribution>(former, "contribution");
  const contribution = contributionOf({
    policy: before.policy,
    at: before.hour,
    facets: before.facets,
    dimensions: assessment.dimensions,
    overall,
    accepted: verdict === "include",
  });
  await become(session, database, [{ assessment, contribution, verdict, former }], now);
  await removeWork(session, database, [assessment]);
}
