import type { Dimension } from "../model.ts";
import type { LoadedInteraction } from "../store/port.ts";

/** What one dimension says of an interaction. */
export interface Evidence {
  /** 0 to 1. */
  readonly value: number;
  /** How much there is to go by, 0 to 1: a rating is more than an acceptance. */
  readonly strength: number;
  /** A sentence for `why`. Stored in plain: never a word of what a user or a model wrote. */
  readonly because: string;
}

/** Judges one dimension. Undefined: nothing to go by, which changes no score and lowers the confidence. */
export interface Assessor {
  readonly dimension: Dimension;
  /** Changes with every change of its judgement: scores of another version are made anew. */
  readonly version: string;
  /** Loads what judging the batch needs, such as grammars. Repeatable, and cheap once loaded. */
  prepare?(batch: readonly LoadedInteraction[]): Promise<void>;
  assess(subject: LoadedInteraction): Evidence | undefined;
}
