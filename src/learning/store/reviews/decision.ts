import type { KeyObject } from "node:crypto";
import type { InteractionKey } from "../../model.ts";
import type { Context } from "../context.ts";
import { place } from "../interactions/rows.ts";
import { holderOf, holderText } from "../keyring.ts";
import type { DecidedReview, ReviewDecision } from "../port.ts";
import { seal, unseal } from "../seal.ts";
import { bytes, number, optionalText, rowKey, text } from "../sql/columns.ts";
import { KEY_COLUMNS, keyParams, keyText } from "../sql/database.ts";

/** What `review.sealed` holds. */
type SealedDecision = Omit<ReviewDecision, "reviewer">;

/** `key` is that of the interaction's holder: a person's note may repeat what the interaction says. */
export function sealDecision(
  key: KeyObject,
  review: InteractionKey,
  { note, verdict, overall }: Omit<SealedDecision, "note"> & { readonly note?: string | undefined },
): Buffer {
  return seal(key, place.review(review), { note, verdict, overall });
}

/** By `keyText`. What nobody decided yet is not in it, nor what is of somebody whose key was destroyed. */
export async function decisionsOf(
  { database, keyring }: Context,
  keys: readonly InteractionKey[],
): Promise<ReadonlyMap<string, DecidedReview>> {
  if (keys.length === 0) return new Map();
  const rows = await database.query(
    `SELECT r.tenant, r.id, r.lease_owner, r.decided_at, r.sealed, i.subject, i.contributor
     FROM ${database.dialect.records(1, KEY_COLUMNS)} k
     JOIN review r ON r.tenant = k.tenant AND r.id = k.id
     JOIN interaction i ON i.tenant = k.tenant AND i.id = k.id
     WHERE r.open = 0 AND ${database.dialect.within("i", 2)}`,
    ...keyParams(keys),
  );
  const found = rows.map((row) => {
    const [review, contributor] = [rowKey(row), text(row, "contributor")];
    return { row, review, holder: holderOf({ ...review, contributor, subject: optionalText(row, "subject") }) };
  });
  const dataKeys = await keyring.keys(
    database,
    found.map(({ holder }) => holder),
  );
  return new Map(
    found.flatMap(({ row, review, holder }) => {
      const key = dataKeys.get(holderText(holder));
      if (key === undefined) return [];
      const sealed: SealedDecision = JSON.parse(unseal(key, place.review(review), bytes(row, "sealed")));
      const decided = { ...sealed, reviewer: text(row, "lease_owner"), decidedAt: number(row, "decided_at") };
      return [[keyText(review), decided] as const];
    }),
  );
}
