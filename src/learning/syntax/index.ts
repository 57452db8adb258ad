import { openTrees, type ParseBudget } from "./trees.ts";

export { errorShare } from "./errors.ts";
export { grammarOf } from "./grammars.ts";
export { openTrees, PARSE_BUDGET, type ParseBudget, type Tree, type Trees } from "./trees.ts";

/** A piece of code that a grammar names. Offsets in UTF-16 units, rows from 0. */
export interface Piece {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly startRow: number;
  readonly endRow: number;
}

/** Pieces of code by the grammar's names for them. */
export interface CodeParser {
  /** Loads the grammars of those languages that it has. */
  prepare(languages: readonly string[]): Promise<void>;
  /** The pieces of these types, in the order in which they begin; undefined: no grammar, or it took too long. */
  pieces(language: string, code: string, types: readonly string[]): readonly Piece[] | undefined;
}

export function codeParser(budget?: ParseBudget): CodeParser {
  const trees = openTrees(budget);
  return {
    prepare: (languages) => trees.prepare(languages),
    pieces: (language, code, types) =>
      trees.read(language, code, (tree) =>
        tree.rootNode.descendantsOfType([...types]).flatMap((node) =>
          node === null
            ? []
            : {
                type: node.type,
                start: node.startIndex,
                end: node.endIndex,
                startRow: node.startPosition.row,
                endRow: node.endPosition.row,
              },
        ),
      ),
  };
}
