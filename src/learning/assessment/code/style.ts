import { SCORING } from "../../../domain/quality/numbers.ts";
import type { Finding } from "./finding.ts";

/** What a model writes when it did not write the code. */
const LEFTOVERS = [
  /(?:rest|remainder) of (?:the |your |this )?(?:\w+ )?(?:code|file|function|method|class|implementation)/i,
  /(?:existing|previous|original|other|remaining) (?:code|methods?|functions?|logic|implementation) (?:here|unchanged|stays|remains|goes)/i,
  /(?:your|actual|real) (?:code|logic|implementation) (?:goes )?here/i,
  /(?:\/\/|#|--|\/\*|<!--)\s*\.{3}/,
  /(?:\/\/|#|--|\/\*)\s*(?:TODO|FIXME|XXX)\b[:\s]+(?:implement|add|fill|complete|write)/i,
  /\b(?:raise NotImplementedError|todo!\(|unimplemented!\(|throw new (?:Error\(["'`]not implemented|NotImplementedException))/i,
];
const NOTES = /(?:\/\/|#|--|\/\*)\s*(?:TODO|FIXME|XXX)\b/;

/** What can be said of code without a grammar. */
export function styleFindings(code: string): readonly Finding[] {
  const findings: Finding[] = [];
  if (LEFTOVERS.some((pattern) => pattern.test(code)))
    findings.push({ what: "a part left out or not implemented", weight: "grave" });
  else if (NOTES.test(code)) findings.push({ what: "a note of work left to do", weight: "slight" });
  const lines = code.split("\n");
  if (lines.some((line) => line.length > SCORING.code.longLine))
    findings.push({ what: `a line longer than ${SCORING.code.longLine} characters`, weight: "slight" });
  if (mixedIndentation(lines)) findings.push({ what: "tabs and spaces mixed in indentation", weight: "slight" });
  if (repeated(lines) > SCORING.code.repeatedLines) findings.push({ what: "many repeated lines", weight: "plain" });
  return findings;
}

/** Aligning with spaces after tabs is none, and a ` * ` of a comment neither. */
function mixedIndentation(lines: readonly string[]): boolean {
  let tabs = false;
  let spaces = false;
  for (const line of lines) {
    if (line.startsWith("\t")) tabs = true;
    else if (/^ {2,}[^\s*]/.test(line)) spaces = true;
    if (/^ +\t/.test(line)) return true;
  }
  return tabs && spaces;
}

/** Share of lines with something to say that stand there more than once. */
function repeated(lines: readonly string[]): number {
  const telling = lines.map((line) => line.trim()).filter((line) => line.length >= 12);
  if (telling.length < 8) return 0;
  return 1 - new Set(telling).size / telling.length;
}
