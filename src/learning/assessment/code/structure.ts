import { SCORING } from "../../../domain/quality/numbers.ts";
import type { Piece } from "../../syntax/index.ts";
import type { Finding } from "./finding.ts";

const FUNCTIONS = [
  "arrow_function",
  "closure_expression",
  "constructor_declaration",
  "func_literal",
  "function_declaration",
  "function_definition",
  "function_expression",
  "function_item",
  "generator_function_declaration",
  "lambda_expression",
  "local_function_statement",
  "method",
  "method_declaration",
  "method_definition",
  "singleton_method",
];
const BRANCHES = [
  "case_statement",
  "do_statement",
  "enhanced_for_statement",
  "expression_switch_statement",
  "for_expression",
  "for_in_statement",
  "for_range_loop",
  "for_statement",
  "foreach_statement",
  "if",
  "if_expression",
  "if_statement",
  "loop_expression",
  "match_expression",
  "match_statement",
  "select_statement",
  "switch_statement",
  "try_statement",
  "unless",
  "until",
  "while",
  "while_expression",
  "while_statement",
  "with_statement",
];
const COMMENTS = ["block_comment", "comment", "line_comment"];
const HANDLERS = ["catch_clause", "except_clause", "rescue"];

/** All types of pieces that are looked at, over all grammars: their names hardly clash. */
export const PIECES = [...FUNCTIONS, ...BRANCHES, ...COMMENTS, ...HANDLERS];

const isFunction = new Set(FUNCTIONS);
const isBranch = new Set(BRANCHES);
const isComment = new Set(COMMENTS);
const isHandler = new Set(HANDLERS);

/** Long functions, deep nesting, and errors that are caught and dropped. */
export function structuralFindings(code: string, pieces: readonly Piece[]): readonly Finding[] {
  const { longFunctionLines, deepNesting } = SCORING.code;
  const findings: Finding[] = [];
  if (pieces.some(({ type, startRow, endRow }) => isFunction.has(type) && endRow - startRow >= longFunctionLines))
    findings.push({ what: `a function longer than ${longFunctionLines} lines`, weight: "plain" });
  if (nesting(code, pieces) > deepNesting)
    findings.push({ what: `nesting deeper than ${deepNesting}`, weight: "plain" });
  if (pieces.some((piece) => isHandler.has(piece.type) && drops(code.slice(piece.start, piece.end))))
    findings.push({ what: "an error that is caught and dropped", weight: "plain" });
  return findings;
}

/** The code with its comments blanked, so that no rule about code is met by prose. */
export function withoutComments(code: string, pieces: readonly Piece[]): string {
  let kept = "";
  let from = 0;
  for (const { type, start, end } of pieces) {
    if (!isComment.has(type) || start < from) continue;
    kept += code.slice(from, start) + code.slice(start, end).replace(/[^\n]/g, " ");
    from = end;
  }
  return kept + code.slice(from);
}

/** The most branches that stand inside each other, within one function; `else if` goes no deeper. */
function nesting(code: string, pieces: readonly Piece[]): number {
  let deepest = 0;
  const open: Piece[] = [];
  for (const piece of pieces) {
    const branch = isBranch.has(piece.type);
    if (!branch && !isFunction.has(piece.type)) continue;
    while ((open.at(-1)?.end ?? Number.POSITIVE_INFINITY) <= piece.start) open.pop();
    if (branch && /\belse\s*$/.test(code.slice(Math.max(0, piece.start - 12), piece.start))) continue;
    open.push(piece);
    if (branch) deepest = Math.max(deepest, open.length - 1 - open.findLastIndex(({ type }) => isFunction.has(type)));
  }
  return deepest;
}

/** A handler whose body is empty, or `pass`, once its comments are gone. */
function drops(handler: string): boolean {
  if (handler.length > LONGEST_EMPTY) return false;
  const bare = handler.replace(/\/\*[\s\S]*?\*\/|\/\/.*|#.*/g, "").trimEnd();
  return /\{\s*\}$/.test(bare) || /:\s*(?:pass|\.\.\.)$/.test(bare);
}

/** No handler of more characters is looked into: comments alone are not so long. */
const LONGEST_EMPTY = 1000;
