import type { EventId, Instant, InteractionKey, PolicyName, Tenant } from "../../model.ts";
import type { Context } from "../context.ts";
import { lowestId } from "../event-id.ts";
import { holderOf, holderText } from "../keyring.ts";
import type { DecidedReview, InteractionStore, RewritableInteraction } from "../port.ts";
import { decisionsOf, sealDecision } from "../reviews/decision.ts";
import { seal } from "../seal.ts";
import { bytes, text } from "../sql/columns.ts";
import { type Database, inLockOrder, KEY_COLUMNS, keyParams, keyText, type Session } from "../sql/database.ts";
import { opened } from "./load.ts";
import { columnsOf, place, type SealedFeedback } from "./rows.ts";

const BATCH = 100;

/** Whose texts are rewritten, and when. */
interface Rewriting {
  readonly policy: PolicyName;
  readonly tenant: Tenant;
  readonly now: Instant;
  /** What each interaction's texts were sealed as when they were read, by its id. */
  readonly before: ReadonlyMap<EventId, Uint8Array>;
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
      const loaded = await opened(context, rows);
      const before = new Map(rows.map((row) => [text(row, "id"), bytes(row, "sealed")]));
      const decisions = await decisionsOf(
        context,
        loaded.map(({ interaction }) => interaction.facts),
      );
      const batch = loaded.map((one): RewritableInteraction => {
        const note = decisions.get(keyText(one.interaction.facts))?.note;
        return note === undefined ? one : { ...one, note };
      });
      const answers = (await rewrite(batch)).filter((answer) => answer !== undefined);
      const written = await write(context, { policy, tenant, now, before }, answers, decisions);
      changed += written;
      // Somebody else rewrote one of them meanwhile, perhaps by a newer policy: these are looked at as they are now.
      if (written === answers.length) after = last && text(last, "id");
    }
    return changed;
  };

/** Answers how many it wrote: of those that are not as they were read nothing is written, nor of those being erased. */
async function write(
  context: Context,
  rewriting: Rewriting,
  batch: readonly RewritableInteraction[],
  decisions: Decisions,
): Promise<number> {
  const { database, keyring } = context;
  const { dialect } = database;
  const { tenant, before } = rewriting;
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
      before: Buffer.from(before.get(its.id) ?? []).toString("hex"),
    })),
  );
  const feedback = inLockOrder(
    living.flatMap(({ interaction: { facts: its }, feedback, key }) =>
      feedback.map((one) => {
        // Its placeholders stand in the interaction's by now.
        const content: SealedFeedback = { feedback: one.feedback, syntax: one.syntax, placeholders: {} };
        const where = place.feedback(tenant, one.feedback.id);
        return { of: its.id, tenant, id: one.feedback.id, sealed: seal(key, where, content).toString("hex") };
      }),
    ),
  );
  const reviews = inLockOrder(
    living.flatMap(({ interaction: { facts: its }, note, key }) => {
      const decided = decisions.get(keyText(its));
      if (decided?.note === undefined) return [];
      const sealed = sealDecision(key, its, { ...decided, note }).toString("hex");
      return [{ of: its.id, tenant, id: its.id, sealed }];
    }),
  );
  if (interactions.length === 0) return 0;
  const [, tenants, ids] = keyParams(interactions);
  return await database.transaction(async (session) => {
    const rows = await session.query(
      `UPDATE interaction SET sealed = k.sealed, redactions = k.redactions
       FROM ${dialect.records(1, { ...KEY_COLUMNS, redactions: "text", sealed: "bytes", before: "bytes" })} k
       WHERE interaction.tenant = k.tenant AND interaction.id = k.id AND interaction.sealed = k.before
         AND ${dialect.within("interaction", 2)} RETURNING interaction.id`,
      JSON.stringify(interactions),
      tenants,
      ids,
    );
    const written = new Set(rows.map((row) => text(row, "id")));
    const ours = ({ of }: { readonly of: EventId }) => written.has(of);
    await session.query(
      `UPDATE feedback SET sealed = k.sealed FROM ${dialect.records(1, { ...KEY_COLUMNS, sealed: "bytes" })} k
       WHERE feedback.tenant = k.tenant AND feedback.feedback_id = k.id`,
      JSON.stringify(feedback.filter(ours)),
    );
    await session.query(
      `UPDATE review SET sealed = k.sealed FROM ${dialect.records(1, { ...KEY_COLUMNS, sealed: "bytes" })} k
       WHERE review.tenant = k.tenant AND review.id = k.id`,
      JSON.stringify(reviews.filter(ours)),
    );
    const changed = interactions.filter(({ id }) => written.has(id));
    if (changed.length > 0) await withdrawDatasets(session, database, rewriting, changed);
    return written.size;
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
