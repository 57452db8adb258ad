import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Context } from "../context.ts";
import { cursorId, cursorNumber, cursorOf, pageOf } from "../cursor.ts";
import type { ReviewItem, ReviewLease, ReviewStore } from "../port.ts";
import { number, optionalText, rowKey, text, word } from "../sql/columns.ts";
import { keyText, type Param, type Row } from "../sql/database.ts";
import { decide } from "./decide.ts";
import { decisionsOf } from "./decision.ts";

const cursor = cursorOf("reviews", z.tuple([cursorNumber, cursorId]));
const COLUMNS = "tenant, id, policy, reason, open, opened_at, predicted, confidence, lease_token, lease_until";

export function reviewStore(context: Context): ReviewStore {
  const { database, clock } = context;
  return {
    async list(tenant, policy, limit, from) {
      const [confidence, id] = cursor.read(from) ?? [-1, "00000000-0000-0000-0000-000000000000"];
      const rows = await database.query(
        `SELECT ${COLUMNS} FROM review
         WHERE tenant = $1 AND open = 1 AND (confidence, id) > ($2::double precision, $3::uuid)
           ${policy === undefined ? "" : "AND policy = $4"}
         ORDER BY confidence, id LIMIT ${limit + 1}`,
        tenant,
        confidence,
        id,
        ...(policy === undefined ? [] : [policy]),
      );
      const now = clock();
      return pageOf(
        rows,
        limit,
        (last) => cursor.make([number(last, "confidence"), text(last, "id")]),
        (row) => itemOf(row, now),
      );
    },

    async counts(tenant) {
      const [row] = await database.query(
        `SELECT
           count(*) FILTER (WHERE open = 1 AND lease_until <= $2) AS waiting,
           count(*) FILTER (WHERE open = 1 AND lease_until > $2) AS leased,
           count(*) FILTER (WHERE open = 0) AS decided
         FROM review WHERE tenant = $1`,
        tenant,
        clock(),
      );
      if (row === undefined) throw new Error("no row of counts");
      return { waiting: number(row, "waiting"), leased: number(row, "leased"), decided: number(row, "decided") };
    },

    async lease(tenant, reviewer, leaseMs, now, wanted = {}): Promise<ReviewLease | undefined> {
      const token = randomUUID();
      const params: Param[] = [tenant, now, reviewer, token, now + leaseMs];
      const only = [
        ...(wanted.policy === undefined ? [] : [`AND policy = $${params.push(wanted.policy)}`]),
        ...(wanted.id === undefined ? [] : [`AND id = $${params.push(wanted.id)}`]),
      ].join(" ");
      // Who asks again for what they hold gets it again: the first answer was lost, or the page was loaded anew.
      const free = wanted.id === undefined ? "lease_until <= $2" : "(lease_until <= $2 OR lease_owner = $3)";
      const [row] = await database.query(
        `WITH picked AS MATERIALIZED (
           SELECT tenant, id FROM review WHERE tenant = $1 AND open = 1 AND ${free} ${only}
           ORDER BY confidence, id LIMIT 1 FOR UPDATE SKIP LOCKED)
         UPDATE review SET lease_owner = $3, lease_token = $4, lease_until = $5
         WHERE (tenant, id) IN (SELECT tenant, id FROM picked) RETURNING ${COLUMNS}`,
        ...params,
      );
      return row && { item: itemOf(row, now), token, until: number(row, "lease_until") };
    },

    async renew({ tenant, id }, token, leaseMs, now) {
      const rows = await database.query(
        `UPDATE review SET lease_until = $4
         WHERE tenant = $1 AND id = $2 AND lease_token = $3 AND open = 1 RETURNING id`,
        tenant,
        id,
        token,
        now + leaseMs,
      );
      return rows.length > 0;
    },

    async release({ tenant, id }, token) {
      const rows = await database.query(
        `UPDATE review SET lease_until = 0, lease_owner = NULL, lease_token = NULL
         WHERE tenant = $1 AND id = $2 AND lease_token = $3 AND open = 1 RETURNING id`,
        tenant,
        id,
        token,
      );
      return rows.length > 0;
    },

    decision: async (key) => (await decisionsOf(context, [key])).get(keyText(key)),

    decide: (key, token, decision, threshold, now) => decide(context, key, token, decision, threshold, now),

    async calibration(tenant, policy, limit) {
      const rows = await database.query(
        `SELECT confidence, agreed, reason FROM review WHERE tenant = $1 AND policy = $2 AND open = 0
         ORDER BY decided_at DESC, id LIMIT $3`,
        tenant,
        policy,
        limit,
      );
      return rows.map((row) => ({
        confidence: number(row, "confidence"),
        agreed: number(row, "agreed") === 1,
        reason: word(row, "reason", ["LowConfidence", "Audit"]),
      }));
    },
  };
}

function itemOf(row: Row, now: number): ReviewItem {
  const held = optionalText(row, "lease_token") !== undefined && number(row, "lease_until") > now;
  const undecided = held ? "leased" : "waiting";
  return {
    key: rowKey(row),
    policy: text(row, "policy"),
    reason: word(row, "reason", ["LowConfidence", "Audit"]),
    state: number(row, "open") === 1 ? undecided : "decided",
    openedAt: number(row, "opened_at"),
    predicted: number(row, "predicted"),
    confidence: number(row, "confidence"),
  };
}
