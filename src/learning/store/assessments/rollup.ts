import { DIMENSIONS } from "../../model.ts";
import type { Context } from "../context.ts";
import type { Rollup, RollupQuery } from "../port.ts";
import { number, text, word } from "../sql/columns.ts";
import type { Row } from "../sql/database.ts";
import { meanOf, tenthPercentile } from "./contribution.ts";

const HOUR = 3_600_000;
const MEASURES = [...DIMENSIONS, "overall"] as const;

export async function rollup({ database }: Context, asked: RollupQuery): Promise<readonly Rollup[]> {
  const width = Math.max(Math.floor(asked.bucketMs / HOUR), 1) * HOUR;
  const rows = await database.query(
    `SELECT (hour / $5::bigint) * $5::bigint AS bucket, facet, dimension, bin,
       CAST(sum(n) AS bigint) AS n, CAST(sum(total) AS bigint) AS total, CAST(sum(accepted) AS bigint) AS accepted
     FROM quality_rollup
     WHERE tenant = $1 AND policy = $2 AND hour >= $3 AND hour < $4
       AND substr(facet, 1, length($6::text)) = $6::text
     GROUP BY 1, facet, dimension, bin HAVING sum(n) > 0 ORDER BY 1, facet, dimension, bin`,
    asked.tenant,
    asked.policy,
    Math.floor(asked.from / HOUR) * HOUR,
    asked.to,
    width,
    asked.facet ?? "",
  );
  const groups = Map.groupBy(rows, (row) => JSON.stringify([row.bucket, row.facet, row.dimension]));
  return [...groups.values()].flatMap((bins) => {
    const [first] = bins;
    return first === undefined ? [] : [summed(first, bins)];
  });
}

function summed(first: Row, bins: readonly Row[]): Rollup {
  const sum = (name: string) => bins.reduce((all, row) => all + number(row, name), 0);
  const n = sum("n");
  return {
    at: number(first, "bucket"),
    facet: text(first, "facet"),
    dimension: word(first, "dimension", MEASURES),
    n,
    mean: meanOf(n, sum("total")),
    p10: tenthPercentile(new Map(bins.map((row) => [number(row, "bin"), number(row, "n")]))),
    accepted: sum("accepted"),
  };
}
