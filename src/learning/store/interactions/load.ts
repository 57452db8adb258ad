import type { KeyObject } from "node:crypto";
import type {
  CurrentAssessment,
  Instant,
  InteractionContent,
  InteractionFacts,
  InteractionKey,
  StoredFeedback,
} from "../../model.ts";
import { scoresOf } from "../assessments/rows.ts";
import type { Context } from "../context.ts";
import { holderOf, holderText } from "../keyring.ts";
import type { LoadedInteraction } from "../port.ts";
import { unseal } from "../seal.ts";
import { inSlices } from "../slices.ts";
import { bytes, number, rowKey, text } from "../sql/columns.ts";
import { KEY_COLUMNS, keyParams, keyText, type Row } from "../sql/database.ts";
import { columnsOf, factsOf, place, type SealedFeedback, withPlaceholders } from "./rows.ts";

/** In the order of the keys; those that are not there are left out. */
export async function load(context: Context, keys: readonly InteractionKey[]): Promise<readonly LoadedInteraction[]> {
  if (keys.length === 0) return [];
  const { database } = context;
  const rows = await database.query(
    `SELECT ${columnsOf("i")} FROM interaction i
     JOIN ${database.dialect.records(1, KEY_COLUMNS)} k ON k.tenant = i.tenant AND k.id = i.id
     WHERE ${database.dialect.within("i", 2)}`,
    ...keyParams(keys),
  );
  const loaded = new Map((await opened(context, rows)).map((one) => [keyText(one.interaction.facts), one]));
  return keys.flatMap((key) => loaded.get(keyText(key)) ?? []);
}

/** What stood at a time: feedback that had come by then, and the score that the row itself brings. */
export interface AsOf {
  readonly at: Instant;
  readonly scoreOf: (row: Row) => CurrentAssessment;
}

/** Makes whole interactions of their rows. One whose key was destroyed is gone, though its row may not be yet. */
export async function opened(
  context: Context,
  rows: readonly Row[],
  asOf?: AsOf,
): Promise<readonly LoadedInteraction[]> {
  if (rows.length === 0) return [];
  const found = rows.map((row) => ({ row, facts: factsOf(row) }));
  const [keys, feedback, scores] = await Promise.all([
    context.keyring.keys(
      context.database,
      found.map(({ facts }) => holderOf(facts)),
    ),
    feedbackOf(
      context,
      found.filter(({ row }) => number(row, "feedback_seq") > 0).map(({ facts }) => facts),
    ),
    asOf === undefined
      ? scoresOf(
          context.database,
          found.map(({ facts }) => facts),
        )
      : undefined,
  ]);
  const made = await inSlices(found, ({ row, facts }): LoadedInteraction | undefined => {
    const key = keys.get(holderText(holderOf(facts)));
    if (key === undefined) return undefined;
    const theirs = (feedback.get(keyText(facts)) ?? []).filter(
      (one) =>
        number(one, "seq") <= number(row, "feedback_seq") &&
        (asOf === undefined || number(one, "received_at") <= asOf.at),
    );
    const seen = theirs.map((one) => feedbackIn(one, key, facts));
    const content: InteractionContent = JSON.parse(unseal(key, place.interaction(facts), bytes(row, "sealed")));
    return {
      interaction: {
        facts,
        content: withPlaceholders(
          content,
          seen.map(({ placeholders }) => placeholders),
        ),
        receivedAt: number(row, "received_at"),
        feedbackSeq: asOf === undefined ? number(row, "feedback_seq") : (seen.at(-1)?.stored.seq ?? 0),
      },
      feedback: seen.map(({ stored }) => stored),
      assessment: asOf === undefined ? scores?.get(keyText(facts)) : asOf.scoreOf(row),
    };
  });
  return made.filter((one) => one !== undefined);
}

function feedbackIn(row: Row, key: KeyObject, { tenant }: InteractionFacts) {
  const sealed: SealedFeedback = JSON.parse(
    unseal(key, place.feedback(tenant, text(row, "feedback_id")), bytes(row, "sealed")),
  );
  const stored: StoredFeedback = {
    feedback: sealed.feedback,
    seq: number(row, "seq"),
    receivedAt: number(row, "received_at"),
    syntax: sealed.syntax,
  };
  return { stored, placeholders: sealed.placeholders };
}

/** By key, in the order received. */
async function feedbackOf(
  { database }: Context,
  keys: readonly InteractionKey[],
): Promise<ReadonlyMap<string, readonly Row[]>> {
  if (keys.length === 0) return new Map();
  const [records] = keyParams(keys);
  const rows = await database.query(
    `SELECT f.tenant, f.id, f.feedback_id, f.seq, f.received_at, f.sealed
     FROM ${database.dialect.records(1, KEY_COLUMNS)} k
     JOIN feedback f ON f.id = k.id AND f.tenant = k.tenant
     ORDER BY f.id, f.tenant, f.seq`,
    records,
  );
  return Map.groupBy(rows, (row) => keyText(rowKey(row)));
}
