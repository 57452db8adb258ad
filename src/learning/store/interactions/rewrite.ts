import type { EventId, Tenant } from "../../model.ts";
import type { Context } from "../context.ts";
import { lowestId } from "../event-id.ts";
import { holderOf, holderText } from "../keyring.ts";
import type { InteractionStore, LoadedInteraction } from "../port.ts";
import { seal } from "../seal.ts";
import { text } from "../sql/columns.ts";
import { inLockOrder, KEY_COLUMNS, keyParams } from "../sql/database.ts";
import { opened } from "./load.ts";
import { columnsOf, place, type SealedFeedback } from "./rows.ts";

const BATCH = 100;

/** What feedback and content the answers change is sealed anew; what came in between was redacted by then already. */
export const rewriteAll =
  (context: Context): InteractionStore["rewrite"] =>
  async (policy, tenant, rewrite) => {
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
      const batch = await opened(context, rows);
      if (batch.length === 0) continue;
      const answers = (await rewrite(batch)).filter((answer) => answer !== undefined);
      await write(context, tenant, answers);
      changed += answers.length;
    }
    return changed;
  };

async function write(context: Context, tenant: Tenant, batch: readonly LoadedInteraction[]): Promise<void> {
  const { database, keyring } = context;
  const { dialect } = database;
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
  });
}
