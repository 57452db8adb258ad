import type { Context } from "../context.ts";
import { cursorId, cursorOf, pageOf } from "../cursor.ts";
import { lowestId } from "../event-id.ts";
import type { InteractionCriteria, LoadedInteraction, Page } from "../port.ts";
import { text } from "../sql/columns.ts";
import type { Dialect, Param } from "../sql/database.ts";
import { opened } from "./load.ts";
import { columnsOf, LANGUAGE, TOOL } from "./rows.ts";

const cursor = cursorOf("interactions", cursorId);
const MAX_LIMIT = 500;

/** Newest first by the time that ids begin with: days without a hit are not looked into, and paging needs no sorting. */
export async function query(context: Context, criteria: InteractionCriteria): Promise<Page<LoadedInteraction>> {
  const limit = Math.min(criteria.limit, MAX_LIMIT);
  const { where, params } = conditions(criteria, context.database.dialect);
  const rows = await context.database.query(
    `SELECT ${columnsOf("i")} FROM interaction i WHERE ${where.join(" AND ")}
     ORDER BY i.id DESC LIMIT ${limit + 1}`,
    ...params,
  );
  const page = pageOf(
    rows,
    limit,
    (last) => cursor.make(text(last, "id")),
    (row) => row,
  );
  return { items: await opened(context, page.items), next: page.next };
}

function conditions(criteria: InteractionCriteria, dialect: Dialect): { where: string[]; params: Param[] } {
  const where: string[] = [];
  const params: Param[] = [];
  /** Adds a condition whose `$` stands for the value; none without a value. */
  const add = (value: Param | undefined, condition: (n: number) => string) => {
    if (value !== undefined) where.push(condition(params.push(value)));
  };
  add(criteria.tenant, (n) => `i.tenant = $${n}`);
  add(cursor.read(criteria.cursor), (n) => `i.id < $${n}`);
  add(criteria.from === undefined ? undefined : lowestId(criteria.from), (n) => `i.id >= $${n}`);
  add(criteria.to === undefined ? undefined : lowestId(criteria.to), (n) => `i.id < $${n}`);
  add(criteria.policy, (n) => `i.policy = $${n}`);
  add(criteria.session, (n) => `i.session = $${n}`);
  add(criteria.kind, (n) => `i.kind = $${n}`);
  add(criteria.modelVersion, (n) => `i.model_version = $${n}`);
  const labels = [
    ...(criteria.language === undefined ? [] : [LANGUAGE + criteria.language]),
    ...(criteria.tool === undefined ? [] : [TOOL + criteria.tool]),
  ];
  add(labels.length === 0 ? undefined : JSON.stringify(labels), (n) => dialect.hasLabels("i.labels", n));
  const scored = (n: number, operator: string) =>
    `EXISTS (SELECT 1 FROM score s WHERE s.tenant = i.tenant AND s.id = i.id AND s.overall ${operator} $${n})`;
  add(criteria.minOverall, (n) => scored(n, ">="));
  add(criteria.maxOverall, (n) => scored(n, "<="));
  add(
    criteria.feedback,
    (n) => `EXISTS (SELECT 1 FROM feedback f WHERE f.id = i.id AND f.tenant = i.tenant AND f.type = $${n})`,
  );
  return { where, params };
}
