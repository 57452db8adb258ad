import type { EventId, Instant, InteractionKey, NewFeedback, Tenant } from "../../model.ts";
import type { Context } from "../context.ts";
import { insideWindow } from "../event-id.ts";
import { type Holder, holderOf, holderText } from "../keyring.ts";
import type { AcceptOutcome } from "../port.ts";
import { seal } from "../seal.ts";
import { inSlices } from "../slices.ts";
import { number, optionalText, rowKey, text } from "../sql/columns.ts";
import { inLockOrder, KEY_COLUMNS, keyParams, keyText, type Session } from "../sql/database.ts";
import { place, type SealedFeedback } from "./rows.ts";

type Outcome = AcceptOutcome | "unknown";

const NEW_ROW = {
  ...KEY_COLUMNS,
  feedback_id: "uuid",
  seq: "int",
  type: "text",
  body: "text",
  sealed: "bytes",
} as const;

/** A feedback made ready to be stored; its number is given under the lock of its interaction. */
interface Ready extends InteractionKey {
  readonly feedback_id: EventId;
  readonly type: string;
  readonly body: string;
  readonly sealed: string;
}

export async function acceptFeedback(
  context: Context,
  batch: readonly NewFeedback[],
  now: Instant,
): Promise<readonly Outcome[]> {
  const timely = batch.filter(({ feedback }) => insideWindow(feedback.id, now));
  const ready = await sealed(context, timely);
  const outcomes = await context.database.transaction((session) => store(context, session, ready, now));
  const gone = await tombstoned(
    context,
    timely.map(keyOf).filter((key) => !outcomes.interactions.has(keyText(key))),
  );
  const answered = new Set<string>();
  return batch.map((item): Outcome => {
    const first = !answered.has(nameOf(item));
    answered.add(nameOf(item));
    if (!insideWindow(item.feedback.id, now)) return "outsideWindow";
    const stored = outcomes.bodies.get(nameOf(item));
    if (stored === undefined) return gone.has(keyText(keyOf(item))) ? "erased" : "unknown";
    if (stored !== item.body) return "conflict";
    return first && outcomes.created.has(nameOf(item)) ? "created" : "duplicate";
  });
}

const keyOf = ({ tenant, feedback }: NewFeedback): InteractionKey => ({ tenant, id: feedback.interactionId });
const nameOf = ({ tenant, feedback }: NewFeedback): string => keyText({ tenant, id: feedback.id });

/** Only feedback of interactions that are there: their person's key seals it. */
async function sealed(context: Context, batch: readonly NewFeedback[]): Promise<readonly Ready[]> {
  const holders = await holdersOf(context, batch.map(keyOf));
  const keys = await context.keyring.keys(context.database, [...holders.values()]);
  const firsts = [...new Map(batch.toReversed().map((item) => [nameOf(item), item])).values()].toReversed();
  const made = await inSlices(firsts, (item): Ready | undefined => {
    const holder = holders.get(keyText(keyOf(item)));
    const key = holder && keys.get(holderText(holder));
    if (key === undefined) return undefined;
    const { tenant, feedback, placeholders, syntax, body } = item;
    const content: SealedFeedback = { feedback, placeholders, syntax };
    return {
      ...keyOf(item),
      feedback_id: feedback.id,
      type: feedback.type,
      body,
      sealed: seal(key, place.feedback(tenant, feedback.id), content).toString("hex"),
    };
  });
  return made.filter((one) => one !== undefined);
}

async function holdersOf({ database }: Context, keys: readonly InteractionKey[]): Promise<ReadonlyMap<string, Holder>> {
  if (keys.length === 0) return new Map();
  const rows = await database.query(
    `SELECT i.tenant, i.id, i.subject, i.contributor FROM interaction i
     JOIN ${database.dialect.records(1, KEY_COLUMNS)} k ON k.tenant = i.tenant AND k.id = i.id
     WHERE ${database.dialect.within("i", 2)}`,
    ...keyParams(unique(keys)),
  );
  return new Map(
    rows.map((row) => {
      const [tenant, contributor] = [text(row, "tenant"), text(row, "contributor")];
      const holder = holderOf({ tenant, contributor, subject: optionalText(row, "subject") });
      return [keyText({ tenant, id: text(row, "id") }), holder];
    }),
  );
}

/** Bodies stored now and which of them came by this; interactions that are there. */
interface Stored {
  readonly bodies: ReadonlyMap<string, string>;
  readonly created: ReadonlySet<string>;
  readonly interactions: ReadonlySet<string>;
}

async function store({ database }: Context, session: Session, ready: readonly Ready[], now: Instant): Promise<Stored> {
  const { dialect } = database;
  const keys = inLockOrder(unique(ready));
  if (keys.length === 0) return { bodies: new Map(), created: new Set(), interactions: new Set() };
  const locked = await session.query(
    `SELECT i.tenant, i.id, i.feedback_seq FROM interaction i
     JOIN ${dialect.records(1, KEY_COLUMNS)} k ON k.tenant = i.tenant AND k.id = i.id
     WHERE ${dialect.within("i", 2)} ORDER BY i.id, i.tenant FOR NO KEY UPDATE OF i`,
    ...keyParams(keys),
  );
  const newest = new Map(locked.map((row) => [keyText(rowKey(row)), number(row, "feedback_seq")]));
  const names = JSON.stringify(ready.map(({ tenant, feedback_id }) => ({ tenant, id: feedback_id })));
  const bodies = await bodiesOf(session, database, names);
  const fresh = ready
    .filter((item) => newest.has(keyText(item)) && !bodies.has(keyText({ ...item, id: item.feedback_id })))
    .map((item) => {
      const seq = (newest.get(keyText(item)) ?? 0) + 1;
      newest.set(keyText(item), seq);
      return { ...item, seq };
    });
  if (fresh.length === 0) return { bodies, created: new Set(), interactions: new Set(newest.keys()) };
  const columns = Object.keys(NEW_ROW).join(", ");
  const inserted = await session.query(
    `INSERT INTO feedback (${columns}, received_at)
     SELECT ${columns}, $2::bigint FROM ${dialect.records(1, NEW_ROW)} n WHERE true
     ON CONFLICT DO NOTHING RETURNING tenant, feedback_id`,
    JSON.stringify(fresh),
    now,
  );
  const created = new Set(
    inserted.map((row) => keyText({ tenant: text(row, "tenant"), id: text(row, "feedback_id") })),
  );
  const renewed = unique(fresh).map((key) => ({ ...key, seq: newest.get(keyText(key)) }));
  await renew(session, database, inLockOrder(renewed), now);
  return { bodies: await bodiesOf(session, database, names), created, interactions: new Set(newest.keys()) };
}

/** The interaction's newest number, and its row of work: nobody's, as if it had never been handed out. */
async function renew(
  session: Session,
  { dialect }: Context["database"],
  keys: readonly (InteractionKey & { readonly seq: number | undefined })[],
  now: Instant,
): Promise<void> {
  const [, tenants, ids] = keyParams(keys);
  const records = dialect.records(1, { ...KEY_COLUMNS, seq: "int" });
  await session.query(
    `UPDATE interaction SET feedback_seq = k.seq FROM ${records} k
     WHERE interaction.tenant = k.tenant AND interaction.id = k.id AND ${dialect.within("interaction", 2)}`,
    JSON.stringify(keys),
    tenants,
    ids,
  );
  await session.query(
    `INSERT INTO work (tenant, id, feedback_seq, enqueued_at)
     SELECT k.tenant, k.id, k.seq, $2::bigint FROM ${records} k WHERE true
     ON CONFLICT (tenant, id) DO UPDATE SET feedback_seq = excluded.feedback_seq, enqueued_at = excluded.enqueued_at,
       sent_at = 0, relay_until = 0, lease_owner = NULL, lease_until = 0, deliveries = 0,
       state = 'ready', reason = NULL, buried_at = NULL`,
    JSON.stringify(keys),
    now,
  );
}

async function bodiesOf(
  session: Session,
  { dialect }: Context["database"],
  names: string,
): Promise<Map<string, string>> {
  const rows = await session.query(
    `SELECT f.tenant, f.feedback_id, f.body FROM feedback f
     JOIN ${dialect.records(1, KEY_COLUMNS)} k ON k.tenant = f.tenant AND k.id = f.feedback_id`,
    names,
  );
  return new Map(
    rows.map((row) => [keyText({ tenant: text(row, "tenant"), id: text(row, "feedback_id") }), text(row, "body")]),
  );
}

async function tombstoned({ database }: Context, keys: readonly InteractionKey[]): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const rows = await database.query(
    `SELECT k.tenant, k.id FROM ${database.dialect.records(1, KEY_COLUMNS)} k
     JOIN tombstone t ON t.tenant = k.tenant AND t.kind = 'interaction' AND t.value = k.id::text`,
    keyParams(unique(keys))[0],
  );
  return new Set(rows.map((row) => keyText(rowKey(row))));
}

function unique(keys: readonly InteractionKey[]): InteractionKey[] {
  const found = new Map<string, InteractionKey>(
    keys.map(({ tenant, id }: { tenant: Tenant; id: EventId }) => [keyText({ tenant, id }), { tenant, id }]),
  );
  return [...found.values()];
}
