import { spread } from "./words.ts";

/** What a key of a group names. The least key names the group: a repository's before a session's before a row's own. */
export const GROUP_KINDS = { repository: 0, session: 1, row: 2 } as const;
export type GroupKind = keyof typeof GROUP_KINDS;

const HIGH_SEED = 0x811c9dc5;
const LOW_SEED = 0x3c6ef372;

export function groupKeyHigh(kind: GroupKind, name: string): number {
  return ((GROUP_KINDS[kind] << 30) | (hashOf(name, HIGH_SEED) >>> 2)) >>> 0;
}

export function groupKeyLow(name: string): number {
  return hashOf(name, LOW_SEED);
}

function hashOf(name: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return spread(hash);
}
