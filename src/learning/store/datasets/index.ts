import { z } from "zod";
import type { Context } from "../context.ts";
import { cursorNumber, cursorOf, cursorText, pageOf } from "../cursor.ts";
import type { DatasetRecord, DatasetStore } from "../port.ts";
import { json, number, optionalNumber, plain, text } from "../sql/columns.ts";
import type { Row } from "../sql/database.ts";
import { add } from "./add.ts";
import { candidates } from "./candidates.ts";

const cursor = cursorOf("datasets", z.tuple([cursorNumber, cursorText]));

export function datasetStore(context: Context): DatasetStore {
  const { database } = context;
  return {
    candidates: (query) => candidates(context, query),
    add: (record, members) => add(context, record, members),

    async get(tenant, sha256) {
      const [row] = await database.query(
        "SELECT * FROM dataset WHERE tenant = $1 AND sha256 = $2 AND complete = 1",
        tenant,
        sha256,
      );
      return row && recordOf(row);
    },

    async list(tenant, policy, limit, from) {
      const [at, sha256] = cursor.read(from) ?? [Number.MAX_SAFE_INTEGER, ""];
      const rows = await database.query(
        `SELECT * FROM dataset WHERE tenant = $1 AND complete = 1 AND (created_at, sha256) < ($2::bigint, $3::text)
           ${policy === undefined ? "" : "AND policy = $4"}
         ORDER BY created_at DESC, sha256 DESC LIMIT ${limit + 1}`,
        tenant,
        at,
        sha256,
        ...(policy === undefined ? [] : [policy]),
      );
      return pageOf(rows, limit, (last) => cursor.make([number(last, "created_at"), text(last, "sha256")]), recordOf);
    },

    async withdraw(tenant, sha256, now) {
      await database.query(
        "UPDATE dataset SET erased_at = coalesce(erased_at, $3::bigint) WHERE tenant = $1 AND sha256 = $2",
        tenant,
        sha256,
        now,
      );
    },

    async withdrawn(tenant, policy) {
      const rows = await database.query(
        "SELECT sha256 FROM dataset WHERE tenant = $1 AND policy = $2 AND erased_at IS NOT NULL ORDER BY sha256",
        tenant,
        policy,
      );
      return rows.map((row) => text(row, "sha256"));
    },

    async withExpired(tenant, policy) {
      const rows = await database.query(
        `SELECT * FROM dataset d WHERE tenant = $1 AND policy = $2 AND complete = 1 AND erased_at IS NULL AND EXISTS (
           SELECT 1 FROM dataset_member m
           WHERE m.tenant = d.tenant AND m.dataset = d.sha256
             AND NOT EXISTS (SELECT 1 FROM interaction i WHERE i.tenant = m.tenant AND i.id = m.id))
         ORDER BY sha256`,
        tenant,
        policy,
      );
      return rows.map(recordOf);
    },

    async holding(tenant, sha256) {
      if (!/^[0-9a-f]{64}$/.test(sha256)) return [];
      const rows = await database.query(
        `SELECT sha256 FROM dataset WHERE tenant = $1 AND complete = 1 AND (sha256 = $2::text OR manifest LIKE $3::text)
         ORDER BY sha256`,
        tenant,
        sha256,
        `%"${sha256}"%`,
      );
      return rows.map((row) => text(row, "sha256"));
    },

    async addLineage(tenant, { modelVersion, dataset, trainingRun }) {
      await database.query(
        `INSERT INTO model_lineage (tenant, model_version, dataset, training_run) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING`,
        tenant,
        plain(modelVersion),
        plain(dataset),
        plain(trainingRun),
      );
    },
  };
}

function recordOf(row: Row): DatasetRecord {
  return {
    sha256: text(row, "sha256"),
    tenant: text(row, "tenant"),
    policy: text(row, "policy"),
    uri: text(row, "uri"),
    manifest: json(row, "manifest"),
    createdAt: number(row, "created_at"),
    erasedAt: optionalNumber(row, "erased_at"),
  };
}
