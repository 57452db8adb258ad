import type { Scan } from "../scan.ts";
import { type Strength, strengthOf } from "./names.ts";
import { isSecret } from "./values.ts";

const INSERT = /insert\s{1,8}(?:or\s{1,4}\w{1,12}\s{1,4}|ignore\s{1,4})?into\s{1,8}[\w.`"[\]]{1,120}\s{0,8}\($/i;
const VALUES = /[^()]{0,1000}\)\s{0,8}values\s{0,8}/iy;
/** A value of SQL, with what ends it. */
const SQL_VALUE =
  /\s{0,40}(?:[NEnebB]?'((?:[^'\n]|''){0,1000})'|"([^"\n]{0,1000})"|([^,()'"]{0,200}(?:\([^()]{0,200}\))?))\s{0,40}([,)])/y;
const BETWEEN_ROWS = /\s{0,40},?\s{0,40}\(/y;
const LONGEST_LINE = 2000;
const MOST_ROWS = 5000;

/** Whether one more value may be judged; see `allowanceOf`. */
type Allowance = (at: number) => boolean;

/** What stands in a column with a name of a secret, by its place. */
type Columns = ReadonlyMap<number, Strength>;

/**
 * Finds the tables of a text: INSERT of SQL, CSV, Markdown. Asked with the name of a secret, from `start` to `end`, it
 * reports what is in the columns that have such names and answers where the table's head ends; undefined: the name heads
 * no column of its own.
 */
export function tablesOf(scan: Scan, mayJudge: Allowance): (start: number, end: number) => number | undefined {
  const { text } = scan;
  /** As far as a line that is none's head was read: its other names head none either. */
  let read = 0;
  return (start, end) => {
    const before = signAt(text, start - 1, -1);
    const after = signAt(text, end, 1);
    if ((before === "," || before === "(") && (after === "," || after === ")")) {
      const sql = insertAt(scan, start, mayJudge);
      if (sql !== undefined) return sql;
    }
    if (start < read || !/[,;\t|\n]|^$/.test(before) || !/[,;\t|\n]|^$/.test(after)) return undefined;
    const line = linesAt(scan, start, mayJudge);
    if (line === undefined) read = start + lineAt(text, start).length;
    return line;
  };
}

/** The first sign before or after a name that is neither a quote nor a space; empty at the text's ends. */
function signAt(text: string, from: number, step: 1 | -1): string {
  let at = from;
  for (let skipped = 0; skipped < 4 && /["'`[\]* ]/.test(text.charAt(at)); skipped += 1) at += step;
  return text.charAt(at);
}

function columnsOf(names: readonly string[]): Columns {
  const columns = new Map<number, Strength>();
  for (const [index, name] of names.entries()) {
    const plain = name.trim().replace(/^["'`[*]+|["'`\]*]+$/g, "");
    const strength = /^[\w -]{2,40}$/.test(plain) ? strengthOf(plain.replaceAll(" ", "_")) : undefined;
    if (strength === "strong" || strength === "medium") columns.set(index, strength);
  }
  return columns;
}

function insertAt(scan: Scan, name: number, mayJudge: Allowance): number | undefined {
  const { text } = scan;
  const near = text.slice(Math.max(0, name - LONGEST_LINE), name);
  const open = near.lastIndexOf("(");
  if (open < 0 || !INSERT.test(near.slice(Math.max(0, open - 200), open + 1))) return undefined;
  const head = name - near.length + open + 1;
  VALUES.lastIndex = head;
  const values = VALUES.exec(text);
  if (values === null) return undefined;
  const columns = columnsOf((values[0].split(")", 1)[0] ?? "").split(","));
  const headEnd = VALUES.lastIndex;
  let at = headEnd;
  for (let rows = 0; rows < MOST_ROWS; rows += 1) {
    BETWEEN_ROWS.lastIndex = at;
    if (!BETWEEN_ROWS.test(text)) break;
    at = BETWEEN_ROWS.lastIndex;
    for (let column = 0, end = ","; end === ","; column += 1) {
      SQL_VALUE.lastIndex = at;
      const value = SQL_VALUE.exec(text);
      if (value === null) return headEnd;
      const shown = value[1] ?? value[2];
      const strength = columns.get(column);
      if (shown !== undefined && strength !== undefined) {
        if (!mayJudge(at)) return text.length;
        take(scan, at + value[0].indexOf(shown), shown, strength);
      }
      at = SQL_VALUE.lastIndex;
      end = value[4] ?? ")";
    }
  }
  return headEnd;
}

function linesAt(scan: Scan, name: number, mayJudge: Allowance): number | undefined {
  const { text } = scan;
  const near = text.slice(Math.max(0, name - LONGEST_LINE), name);
  const start = name - near.length + near.lastIndexOf("\n") + 1;
  const head = lineAt(text, start);
  const separator = ["|", "\t", ";", ","].find((sign) => head.includes(sign));
  if (separator === undefined || head.length === LONGEST_LINE) return undefined;
  const names = cellsOf(head, separator);
  // Code and sentences have commas, too: but spaces after them, other signs, or nothing after the last.
  const heads =
    separator === "|"
      ? /^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|?)+$/.test(lineAt(text, start + head.length + 1))
      : names.length > 1 && names.every((each) => /^(["']?)[A-Za-z][\w .-]{0,39}\1$/.test(each));
  if (!heads) return undefined;
  const columns = columnsOf(names);
  if (columns.size === 0) return undefined;
  let line = start + head.length + 1;
  for (let rows = 0; rows < MOST_ROWS && line < text.length; rows += 1) {
    const shown = lineAt(text, line);
    const cells = cellsOf(shown, separator);
    if (cells.length !== names.length || shown.length === LONGEST_LINE) break;
    let from = line;
    for (const [column, cell] of cells.entries()) {
      const strength = columns.get(column);
      if (strength !== undefined) {
        if (!mayJudge(from)) return text.length;
        const value = cell.trim().replace(/^["'`]|["'`]$/g, "");
        take(scan, from + Math.max(0, cell.indexOf(value)), value, strength);
      }
      from += cell.length + 1;
    }
    line += shown.length + 1;
  }
  return start + head.length;
}

/** As RFC 4180 has them: within quotes a separator is none. */
function cellsOf(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator);
  const cells: string[] = [];
  let from = 0;
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const sign = line.charAt(at);
    if (sign === '"') quoted = !quoted;
    else if (sign === separator && !quoted) {
      cells.push(line.slice(from, at));
      from = at + 1;
    }
  }
  cells.push(line.slice(from));
  return cells;
}

function lineAt(text: string, from: number): string {
  return text.slice(from, from + LONGEST_LINE).split("\n", 1)[0] ?? "";
}

function take(scan: Scan, at: number, value: string, strength: Strength): void {
  if (/^[-:]*$/.test(value) || !isSecret(value, strength, "setting", "")) return;
  scan.report(at, at + value.length, "SECRET");
}
