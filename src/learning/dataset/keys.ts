import { spread } from "./words.ts";

/** What a key of a group names. The least key names the group: a repository's before a session's before a row's own. */
export const GROUP_KINDS = { repository: 0, session: 1, row: 2 } as const;
export type GroupKind = keyof typeof GROUP_KINDS;

const HIGH_SEED = 0x811c9dc5;
const LOW_SEED = 0x3c6ef372;
const PRIME = 0x01000193;

/** A group's key in two words of 32 bits. */
export function groupKey(kind: GroupKind, name: string): readonly [high: number, low: number] {
  let high = HIGH_SEED;
  let low = LOW_SEED;
  for (let at = 0; at < name.length; at++) {
    const unit = name.charCodeAt(at);
    high = Math.imul(high ^ unit, PRIME);
    low = Math.imul(low ^ unit, PRIME);
  }
  return [((GROUP_KINDS[kind] << 30) | (spread(high) >>> 2)) >>> 0, spread(low)];
}
