import type { Scored } from "../../store/port.ts";

/** What a score depends on: with any of it changed, it is another score. */
export interface ScoreKey {
  readonly tenant: string;
  readonly id: string;
  readonly feedbackSeq: number;
  readonly assessorVersion: string;
}

/** Saves assessing the same twice. Neither method ever rejects: a cache that is down is an empty one. */
export interface ScoreCache {
  /** In the order of the keys; undefined: not here. */
  get(keys: readonly ScoreKey[]): Promise<readonly (Scored | undefined)[]>;
  put(scores: readonly Scored[]): Promise<void>;
  close(): Promise<void>;
}

export function scoreKey({ tenant, id, feedbackSeq, assessorVersion }: ScoreKey): string {
  return `${tenant}:${id}:${feedbackSeq}:${assessorVersion}`;
}
