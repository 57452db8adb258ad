import { z } from "zod";
import type { Instant, InteractionKey } from "../model.ts";
import type { Context } from "./context.ts";
import { cursorId, cursorNumber, cursorOf, cursorText, pageOf } from "./cursor.ts";
import type { DeadWork, WorkRef, WorkStore } from "./port.ts";
import { number, optionalNumber, plain, text } from "./sql/columns.ts";
import { inLockOrder, KEY_COLUMNS, type Row } from "./sql/database.ts";

const REF = { ...KEY_COLUMNS, feedback_seq: "int" } as const;
/** A relay that died holding rows gives them up after this. */
const RELAY_MS = 30_000;
const deadCursor = cursorOf("dead", z.tuple([cursorNumber, cursorId, cursorText]));

const refOf = (row: Row): WorkRef => ({
  tenant: text(row, "tenant"),
  id: text(row, "id"),
  feedbackSeq: number(row, "feedback_seq"),
});
const json = (refs: readonly WorkRef[]): string =>
  JSON.stringify(inLockOrder(refs).map(({ tenant, id, feedbackSeq }) => ({ tenant, id, feedback_seq: feedbackSeq })));

export function workStore({ database }: Context): WorkStore {
  const { dialect } = database;
  const refs = dialect.records(1, REF);

  return {
    async relay(limit, sentBefore, send, now) {
      // Taken for a while first, so that no two processes send the same rows, and no transaction waits for a network.
      const rows = await database.query(
        `WITH picked AS MATERIALIZED (
           SELECT tenant, id FROM work
           WHERE state = 'ready' AND sent_at < $1 AND relay_until <= $2
           ORDER BY sent_at, enqueued_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)
         UPDATE work SET relay_until = $4 WHERE (tenant, id) IN (SELECT tenant, id FROM picked)
         RETURNING tenant, id, feedback_seq, enqueued_at`,
        Math.max(sentBefore, 1),
        now,
        limit,
        now + RELAY_MS,
      );
      if (rows.length === 0) return 0;
      const taken = rows.toSorted((a, b) => number(a, "enqueued_at") - number(b, "enqueued_at")).map(refOf);
      const settle = (sentAt: Instant | null) =>
        database.query(
          `UPDATE work SET relay_until = 0, sent_at = coalesce($2::bigint, sent_at) FROM ${refs} k
           WHERE work.tenant = k.tenant AND work.id = k.id AND work.feedback_seq = k.feedback_seq`,
          json(taken),
          sentAt,
        );
      try {
        await send(taken);
      } catch (error) {
        await settle(null);
        throw error;
      }
      await settle(Math.max(now, 1));
      return taken.length;
    },

    async lease(owner, limit, leaseMs, now) {
      const rows = await database.query(
        `WITH picked AS MATERIALIZED (
           SELECT tenant, id FROM work WHERE state = 'ready' AND lease_until <= $1
           ORDER BY enqueued_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)
         UPDATE work SET lease_owner = $3, lease_until = $4, deliveries = deliveries + 1
         WHERE (tenant, id) IN (SELECT tenant, id FROM picked)
         RETURNING tenant, id, feedback_seq, deliveries, enqueued_at`,
        now,
        limit,
        owner,
        now + leaseMs,
      );
      return rows
        .toSorted((a, b) => number(a, "enqueued_at") - number(b, "enqueued_at"))
        .map((row) => ({ ...refOf(row), deliveries: number(row, "deliveries") }));
    },

    async release(owner, held) {
      if (held.length === 0) return;
      await database.query(
        `UPDATE work SET lease_owner = NULL, lease_until = 0 FROM ${refs} k
         WHERE work.tenant = k.tenant AND work.id = k.id AND work.feedback_seq = k.feedback_seq AND work.lease_owner = $2`,
        json(held),
        owner,
      );
    },

    async bury(ref, reason, deliveries, now) {
      await database.query(
        `UPDATE work SET state = 'dead', reason = $4, deliveries = $5, buried_at = $6, lease_owner = NULL, lease_until = 0
         WHERE tenant = $1 AND id = $2 AND feedback_seq = $3 AND state = 'ready'`,
        ref.tenant,
        ref.id,
        ref.feedbackSeq,
        plain(reason),
        deliveries,
        now,
      );
    },

    async dead(tenant, limit, cursor) {
      const [at, id, of] = deadCursor.read(cursor) ?? [-1, "00000000-0000-0000-0000-000000000000", ""];
      const rows = await database.query(
        `SELECT tenant, id, feedback_seq, reason, deliveries, buried_at FROM work
         WHERE state = 'dead' AND (buried_at, id, tenant) > ($1::bigint, $2::uuid, $3::text)
           ${tenant === undefined ? "" : "AND tenant = $4"}
         ORDER BY buried_at, id, tenant LIMIT ${limit + 1}`,
        at,
        id,
        of,
        ...(tenant === undefined ? [] : [tenant]),
      );
      return pageOf(
        rows,
        limit,
        (last) => deadCursor.make([number(last, "buried_at"), text(last, "id"), text(last, "tenant")]),
        (row): DeadWork => ({
          ...refOf(row),
          reason: text(row, "reason"),
          deliveries: number(row, "deliveries"),
          buriedAt: number(row, "buried_at"),
        }),
      );
    },

    async replay(keys, now) {
      const revived = `UPDATE work SET state = 'ready', reason = NULL, buried_at = NULL, deliveries = 0, sent_at = 0,
        relay_until = 0, enqueued_at = $1::bigint WHERE state = 'dead'`;
      if (keys === undefined) return (await database.query(`${revived} RETURNING id`, now)).length;
      const rows = await database.query(
        `${revived} AND (tenant, id) IN (SELECT tenant, id FROM ${dialect.records(2, KEY_COLUMNS)} k) RETURNING id`,
        now,
        JSON.stringify(keys.map(({ tenant, id }: InteractionKey) => ({ tenant, id }))),
      );
      return rows.length;
    },

    async figures(now) {
      const [row] = await database.query(
        `SELECT
           (SELECT count(*) FROM work WHERE state = 'ready' AND lease_until <= $1) AS waiting,
           (SELECT count(*) FROM work WHERE state = 'ready' AND lease_until > $1) AS in_flight,
           (SELECT count(*) FROM work WHERE state = 'dead') AS dead,
           (SELECT min(enqueued_at) FROM work WHERE state = 'ready') AS oldest,
           (SELECT min(buried_at) FROM work WHERE state = 'dead') AS oldest_dead`,
        now,
      );
      if (row === undefined) throw new Error("no row of figures");
      const age = (since: Instant | undefined) => (since === undefined ? 0 : Math.max(now - since, 0));
      return {
        waiting: number(row, "waiting"),
        inFlight: number(row, "in_flight"),
        dead: number(row, "dead"),
        oldestAgeMs: age(optionalNumber(row, "oldest")),
        oldestDeadAgeMs: age(optionalNumber(row, "oldest_dead")),
      };
    },
  };
}
