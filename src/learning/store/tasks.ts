import { z } from "zod";
import type { Context } from "./context.ts";
import { cursorNumber, cursorOf, cursorText, pageOf } from "./cursor.ts";
import type { Task, TaskStore } from "./port.ts";
import { json, number, optionalText, plain, text, word } from "./sql/columns.ts";
import type { Row } from "./sql/database.ts";

const cursor = cursorOf("tasks", z.tuple([cursorNumber, cursorText]));
const HELD = "id = $1 AND lease_owner = $2 AND state = 'running'";

export function taskStore({ database }: Context): TaskStore {
  const get = async (tenant: string, id: string): Promise<Task | undefined> => {
    const [row] = await database.query("SELECT * FROM task WHERE tenant = $1 AND id = $2", tenant, id);
    return row && taskOf(row);
  };
  return {
    get,
    async create({ id, tenant, kind, input }, now) {
      await database.query(
        `INSERT INTO task (id, tenant, kind, input, state, attempts, progress, created_at)
         VALUES ($1, $2, $3, $4, 'waiting', 0, 0, $5) ON CONFLICT (id) DO NOTHING`,
        id,
        tenant,
        kind,
        JSON.stringify(input ?? null),
        now,
      );
      const task = await get(tenant, id);
      if (task === undefined) throw new Error(`another tenant has a task with id ${id}`);
      return task;
    },
    async list(tenant, kind, limit, from) {
      const [at, id] = cursor.read(from) ?? [Number.MAX_SAFE_INTEGER, ""];
      const rows = await database.query(
        `SELECT * FROM task WHERE tenant = $1 AND kind = $2 AND (created_at, id) < ($3::bigint, $4::text)
         ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}`,
        tenant,
        kind,
        at,
        id,
      );
      return pageOf(rows, limit, (last) => cursor.make([number(last, "created_at"), text(last, "id")]), taskOf);
    },
    async open(tenant, kind) {
      const rows = await database.query(
        `SELECT * FROM task WHERE tenant = $1 AND kind = $2 AND state IN ('waiting', 'running')
         ORDER BY created_at, id`,
        tenant,
        kind,
      );
      return rows.map(taskOf);
    },
    async claim(kinds, owner, leaseMs, now) {
      const [row] = await database.query(
        `WITH picked AS MATERIALIZED (
           SELECT t.id FROM task t
           WHERE t.state IN ('waiting', 'running') AND t.lease_until <= $2
             AND t.kind IN (SELECT kind FROM ${database.dialect.records(1, { kind: "text" })} k)
           ORDER BY t.created_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED)
         UPDATE task SET state = 'running', attempts = attempts + 1, lease_owner = $3, lease_until = $4
         WHERE id IN (SELECT id FROM picked) RETURNING *`,
        JSON.stringify(kinds.map((kind) => ({ kind }))),
        now,
        owner,
        now + leaseMs,
      );
      return row && taskOf(row);
    },
    async heartbeat(id, owner, leaseMs, progress, now) {
      const rows = await database.query(
        `UPDATE task SET lease_until = $3, progress = $4 WHERE ${HELD} AND lease_until > $5 RETURNING id`,
        id,
        owner,
        now + leaseMs,
        progress,
        now,
      );
      return rows.length > 0;
    },
    async succeed(id, owner, result, now) {
      const rows = await database.query(
        `UPDATE task SET state = 'succeeded', progress = 1, result = $3, error = NULL, ended_at = $4, lease_until = 0
         WHERE id = $1 AND lease_owner = $2 AND state IN ('running', 'succeeded') RETURNING id`,
        id,
        owner,
        JSON.stringify(result ?? null),
        now,
      );
      return rows.length > 0;
    },
    async fail(id, owner, error, retry, now) {
      const rows = await database.query(
        `UPDATE task SET state = $3, error = $4, ended_at = $5, lease_until = 0,
           lease_owner = CASE WHEN $3 = 'waiting' THEN NULL ELSE lease_owner END
         WHERE ${HELD} RETURNING id`,
        id,
        owner,
        retry ? "waiting" : "failed",
        plain(error),
        retry ? null : now,
      );
      return rows.length > 0;
    },
    async postpone(id, owner, reason, until, { afresh } = { afresh: false }) {
      const rows = await database.query(
        `UPDATE task SET state = 'waiting', attempts = ${afresh ? "0" : "attempts - 1"}, error = $3,
           lease_owner = NULL, lease_until = $4
         WHERE ${HELD} RETURNING id`,
        id,
        owner,
        plain(reason),
        until,
      );
      return rows.length > 0;
    },
  };
}

function taskOf(row: Row): Task {
  return {
    id: text(row, "id"),
    tenant: text(row, "tenant"),
    kind: text(row, "kind"),
    input: json(row, "input"),
    state: word(row, "state", ["waiting", "running", "succeeded", "failed"]),
    attempts: number(row, "attempts"),
    progress: number(row, "progress"),
    result: row.result === null ? undefined : json(row, "result"),
    error: optionalText(row, "error"),
    createdAt: number(row, "created_at"),
  };
}
