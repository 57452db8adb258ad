import type { EventId, Instant, InteractionKey, PolicyName, Tenant } from "../../model.ts";
import type { Context } from "../context.ts";
import { lowestId } from "../event-id.ts";
import { holderOf, holderText } from "../keyring.ts";
import type { DecidedReview, InteractionStore, RewritableInteraction } from "../port.ts";
import { decisionsOf, sealDecision } from "../reviews/decision.ts";
import { seal } from "../seal.ts";
import { text } from "../sql/columns.ts";
import { type Database, inLockOrder, KEY_COLUMNS, keyParams, keyText, type Session } from "../sql/database.ts";
import { opened } from "./load.ts";
import { columnsOf, place, type SealedFeedback } from "./rows.ts";

const BATCH = 100;

/** Whose texts are rewritten, and when. */
interface Rewriting {
  readonly policy: PolicyName;
  readonly tenant: Tenant;
  readonly now: Instant;
}

type Decisions = ReadonlyMap<string, DecidedReview>;

/** Content, feedback and notes that the answers change are sealed anew; what came in between was redacted already. */
export const rewriteAll =
  (context: Context): InteractionStore["rewrite"] =>
  async (policy, tenant, rewrite, now) => {
    let changed = 0;
    let after: EventId | undefined = lowestId(0);
    while (after !== undefined) {
      const rows = await context.database.query(
        `SELECT ${columnsOf("i")} FROM interaction i WHERE i.tenant = $1 AND i.policy = $2 AND i.id > $3
         ORDER BY i.id LIMIT ${BATCH}`,
        tenant,
        policy,
        after,
      );
      const last = rows.at(-1);
      after = last && text(last, "id");
      const loaded = await opened(context, rows);
      if (loaded.length === 0) continue;
      const decisions = await decisionsOf(
        context,
        loaded.map(({ interaction }) => interaction.facts),
      );
      const batch = loaded.map((one): RewritableInteraction => {
        const note = decisions.get(keyText(one.interaction.facts))?.note;
        return note === undefined ? one : { ...one, note };
      });
      const answers = (await rewrite(batch)).filter((answer) => answer !== undefined);
      await write(context, { policy, tenant, now }, answers, decisions);
      changed += answers.length;
    }
    return changed;
  };

async function write(
  context: Context,
  rewriting: Rewriting,
  batch: readonly RewritableInteraction[],
  decisions: Decisions,
): Promise<void> {
  const { database, keyring } = context;
  const { dialect } = database;
  const { tenant } = rewriting;
  const facts = batch.map(({ interaction }) => interaction.facts);
  const keys = await keyring.keys(database, facts.map(holderOf));
  // Without its key it is being erased.
  const living = batch.flatMap((one) => {
    const key = keys.get(holderText(holderOf(one.interaction.facts)));
    return key === undefined ? [] : [{ ...one, key }];
  });
  const interactions = inLockOrder(
    living.map(({ interaction: { facts: its, content }, key }) => ({
      tenant,
      id: its.id,
      redactions: JSON.stringify(its.redactions),
      sealed: seal(key, place.interaction(its), content).toString("hex"),
    })),
  );
  const feedback = inLockOrder(
    living.flatMap(({ feedback, key }) =>
      feedback.map((one) => {
        // Its placeholders stand in the interaction's by now.
        const content: SealedFeedback = { feedback: one.feedback, syntax: one.syntax, placeholders: {} };
        const where = place.feedback(tenant, one.feedback.id);
        return { tenant, id: one.feedback.id, sealed: seal(key, where, content).toString("hex") };
      }),
    ),
  );
  const reviews = inLockOrder(
    living.flatMap(({ interaction: { facts: its }, note, key }) => {
      const decided = decisions.get(keyText(its));
      if (decided?.note === undefined) return [];
      return [{ tenant, id: its.id, sealed: sealDecision(key, its, { ...decided, note }).toString("hex") }];
    }),
  );
  if (interactions.length === 0) return;
  const [, tenants, ids] = keyParams(interactions);
  await database.transaction(async (session) => {
    await session.query(
      `UPDATE interaction SET sealed = k.sealed, redactions = k.redactions
       FROM ${dialect.records(1, { ...KEY_COLUMNS, redactions: "text", sealed: "bytes" })} k
       WHERE interaction.tenant = k.tenant AND interaction.id = k.id AND ${dialect.within("interaction", 2)}`,
      JSON.stringify(interactions),
      tenants,
      ids,
    );
    await session.query(
      `UPDATE feedback SET sealed = k.sealed FROM ${dialect.records(1, { ...KEY_COLUMNS, sealed: "bytes" })} k
       WHERE feedback.tenant = k.tenant AND feedback.feedback_id = k.id`,
      JSON.stringify(feedback),
    );
    await session.query(
      `UPDATE review SET sealed = k.sealed FROM ${dialect.records(1, { ...KEY_COLUMNS, sealed: "bytes" })} k
       WHERE review.tenant = k.tenant AND review.id = k.id`,
      JSON.stringify(reviews),
    );
    await withdrawDatasets(session, database, rewriting, interactions);
  });
}

/**
 * A dataset's files hold the texts of its members as they were. Of one whose members are still being told nobody knows
 * whether these are among them.
 */
async function withdrawDatasets(
  session: Session,
  { dialect }: Database,
  { policy, tenant, now }: Rewriting,
  changed: readonly InteractionKey[],
): Promise<void> {
  await session.query(
    `UPDATE dataset SET erased_at = $6::bigint
     WHERE tenant = $4 AND policy = $5 AND erased_at IS NULL AND (complete = 0 OR EXISTS (
       SELECT 1 FROM ${dialect.records(1, KEY_COLUMNS)} k
       JOIN dataset_member m ON m.tenant = k.tenant AND m.id = k.id
       WHERE m.dataset = dataset.sha256 AND ${dialect.within("m", 2)}))`,
    ...keyParams(changed),
    tenant,
    policy,
    now,
  );
}
