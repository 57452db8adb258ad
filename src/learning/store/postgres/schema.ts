import { firstTables } from "../schema/tables.ts";
import { partitionFunctions } from "./partitions.ts";

/** Statements of each version, from 1 on. What was released is never changed: a new version is added. */
export const POSTGRES_VERSIONS: readonly (readonly string[])[] = [
  [
    ...firstTables({
      // Compared by bytes: the same order everywhere, whatever the server's language.
      text: 'text COLLATE "C"',
      uuid: "uuid",
      int: "bigint",
      float: "double precision",
      bytes: "bytea",
      json: "jsonb",
      byDay: "PARTITION BY RANGE (id)",
      table: "",
    }),
    "CREATE INDEX interaction_labels ON interaction USING gin (labels jsonb_path_ops)",
    // Sealed bytes are compressed already, and do not compress again.
    "ALTER TABLE interaction ALTER sealed SET STORAGE EXTERNAL",
    "ALTER TABLE feedback ALTER sealed SET STORAGE EXTERNAL",
    // Rows that change often leave room to change in place, and are cleaned early.
    "ALTER TABLE quality_rollup SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02)",
    "ALTER TABLE work SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02)",
    ...partitionFunctions,
  ],
];

/** What the role that serves requests may touch: rows of these, and no table's shape. */
export const TABLES = [
  "interaction",
  "feedback",
  "work",
  "assessment",
  "score",
  "quality_rollup",
  "threshold_change",
  "review",
  "task",
  "dataset",
  "dataset_member",
  "model_lineage",
  "erasure",
  "tombstone",
  "data_key",
  "api_key",
  "policy_set",
] as const;
