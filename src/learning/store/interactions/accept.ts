import type { Instant, InteractionKey, KeyedHash, NewInteraction } from "../../model.ts";
import type { Context } from "../context.ts";
import { insideWindow } from "../event-id.ts";
import { holderOf, holderText } from "../keyring.ts";
import type { AcceptOutcome } from "../port.ts";
import { seal } from "../seal.ts";
import { inSlices } from "../slices.ts";
import { rowKey, text } from "../sql/columns.ts";
import { inLockOrder, KEY_COLUMNS, keyParams, keyText, type Session } from "../sql/database.ts";
import { factsToColumns, place } from "./rows.ts";

const NEW_ROW = {
  ...KEY_COLUMNS,
  at: "int",
  policy: "text",
  policy_revision: "int",
  kind: "text",
  served_model: "text",
  model_version: "text",
  thinking: "int",
  session: "text",
  subject: "text",
  repository: "text",
  contributor: "text",
  labels: "json",
  redactions: "text",
  body: "text",
  sealed: "bytes",
} as const;

/** What became of the first of its key in the batch, and the body that is stored now. */
interface Settled {
  readonly outcome: AcceptOutcome;
  readonly body: KeyedHash | undefined;
}

export async function accept(
  context: Context,
  batch: readonly NewInteraction[],
  now: Instant,
): Promise<readonly AcceptOutcome[]> {
  const firsts = new Map<string, NewInteraction>();
  for (const item of batch) {
    const key = keyText(item.facts);
    if (insideWindow(item.facts.id, now) && !firsts.has(key)) firsts.set(key, item);
  }
  const settled = await store(context, [...firsts.values()], now);
  const answered = new Set<string>();
  return batch.map((item) => {
    const key = keyText(item.facts);
    const first = !answered.has(key);
    answered.add(key);
    const found = settled.get(key);
    if (found === undefined) return insideWindow(item.facts.id, now) ? "erased" : "outsideWindow";
    if (first || found.body === undefined) return found.outcome;
    return found.body === item.body ? "duplicate" : "conflict";
  });
}

async function store(context: Context, items: readonly NewInteraction[], now: Instant): Promise<Map<string, Settled>> {
  const { database, keyring } = context;
  if (items.length === 0) return new Map();
  const keys = await keyring.keysToWrite(
    database,
    items.map(({ facts }) => holderOf(facts)),
  );
  const rows = await inSlices(items, ({ facts, content, body }) => {
    const key = keys.get(holderText(holderOf(facts)));
    const sealed = key && seal(key, place.interaction(facts), content).toString("hex");
    return { ...factsToColumns(facts), body, sealed };
  });
  const writable = inLockOrder(rows.filter((row) => row.sealed !== undefined));
  if (writable.length === 0) return new Map();
  return await database.transaction(async (session) => {
    const alive = await withLivingSubjects(context, session, writable);
    if (alive.length === 0) return new Map();
    const inserted = await insert(context, session, alive, now);
    const before = await bodies(
      context,
      session,
      alive.filter((row) => !inserted.has(keyText(row))),
    );
    return new Map(
      alive.flatMap((row): [string, Settled][] => {
        const key = keyText(row);
        if (inserted.has(key)) return [[key, { outcome: "created", body: row.body }]];
        const body = before.get(key);
        if (body === undefined) return [];
        return [[key, { outcome: body === row.body ? "duplicate" : "conflict", body }]];
      }),
    );
  });
}

/** Holds the keys of the persons named until the end of the transaction: an erasure waits for it, or comes before it. */
async function withLivingSubjects<T extends InteractionKey & { readonly subject: string | null; contributor: string }>(
  { database: { dialect } }: Context,
  session: Session,
  rows: readonly T[],
): Promise<readonly T[]> {
  const holder = (row: T) => holderOf({ ...row, subject: row.subject ?? undefined });
  const named = new Map(
    rows.filter((row) => row.subject !== null).map((row) => [holderText(holder(row)), holder(row)]),
  );
  if (named.size === 0) return rows;
  const held = await session.query(
    `SELECT d.tenant, d.holder FROM data_key d
     JOIN ${dialect.records(1, { tenant: "text", holder: "text" })} k ON k.tenant = d.tenant AND k.holder = d.holder
     WHERE d.wrapped IS NOT NULL ORDER BY d.tenant, d.holder FOR SHARE OF d`,
    JSON.stringify([...named.values()]),
  );
  const alive = new Set(held.map((row) => holderText({ tenant: text(row, "tenant"), holder: text(row, "holder") })));
  return rows.filter((row) => row.subject === null || alive.has(holderText(holder(row))));
}

/** Stores the interactions with their work, but for those whose id is a tombstone: these are not in the answer. */
async function insert(
  { database: { dialect } }: Context,
  session: Session,
  rows: readonly InteractionKey[],
  now: Instant,
): Promise<ReadonlySet<string>> {
  const columns = Object.keys(NEW_ROW).join(", ");
  const inserted = await session.query(
    `INSERT INTO interaction (${columns}, received_at, feedback_seq)
     SELECT ${columns}, $2::bigint, 0 FROM ${dialect.records(1, NEW_ROW)} n WHERE true
     ON CONFLICT DO NOTHING RETURNING tenant, id`,
    JSON.stringify(rows),
    now,
  );
  if (inserted.length === 0) return new Set();
  const keys = inLockOrder(inserted.map(rowKey));
  // Looked at after the insert: that waits for an erasure of the same id, and must not bring the row back.
  const enqueued = await session.query(
    `INSERT INTO work (tenant, id, feedback_seq, enqueued_at)
     SELECT k.tenant, k.id, 0, $2::bigint FROM ${dialect.records(1, KEY_COLUMNS)} k
     WHERE NOT EXISTS (
       SELECT 1 FROM tombstone t WHERE t.tenant = k.tenant AND t.kind = 'interaction' AND t.value = k.id::text)
     ON CONFLICT (tenant, id) DO UPDATE SET feedback_seq = 0, enqueued_at = excluded.enqueued_at
     RETURNING tenant, id`,
    JSON.stringify(keys),
    now,
  );
  const created = new Set(enqueued.map((row) => keyText(rowKey(row))));
  const buried = keys.filter((key) => !created.has(keyText(key)));
  if (buried.length > 0)
    await session.query(
      `DELETE FROM interaction WHERE (tenant, id) IN (SELECT tenant, id FROM ${dialect.records(1, KEY_COLUMNS)} k)
       AND ${dialect.within("interaction", 2)}`,
      ...keyParams(buried),
    );
  return created;
}

async function bodies(
  { database: { dialect } }: Context,
  session: Session,
  keys: readonly InteractionKey[],
): Promise<ReadonlyMap<string, KeyedHash>> {
  if (keys.length === 0) return new Map();
  const rows = await session.query(
    `SELECT i.tenant, i.id, i.body FROM interaction i
     JOIN ${dialect.records(1, KEY_COLUMNS)} k ON k.tenant = i.tenant AND k.id = i.id
     WHERE ${dialect.within("i", 2)}`,
    ...keyParams(keys),
  );
  return new Map(rows.map((row) => [keyText(rowKey(row)), text(row, "body")]));
}
