/** A piece of code that a grammar names. Offsets in UTF-16 units, rows from 0. */
export interface Piece {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly startRow: number;
  readonly endRow: number;
}

/** What code quality asks of a parser. */
export interface CodeParser {
  /** Loads the grammars of those languages that it has. */
  prepare(languages: readonly string[]): Promise<void>;
  /** The pieces of these types, in the order in which they begin; undefined: no grammar, or it took too long. */
  pieces(language: string, code: string, types: readonly string[]): readonly Piece[] | undefined;
}
