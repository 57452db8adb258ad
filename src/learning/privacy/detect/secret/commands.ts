import { among } from "../beginnings.ts";
import { allowanceOf, type Detector } from "../scan.ts";
import { BY_START, type Command, STARTS } from "./command-table.ts";
import { wordEnd } from "./extent.ts";
import { isPasswordLike, isSecret, OURS } from "./values.ts";

/** What is as long as this may have been cut off where reading stopped. */
const LONGEST_READ = 200;
/** A megabyte of command lines has fewer. */
const MOST_COMMANDS = 50_000;
/** How much of a command line is read, over lines that a backslash continues. */
const LONGEST_LINE = 800;

/** Secrets that stand at a place of their own, without a name: on command lines, in headers, in statements of SQL. */
export const commands: Detector = (scan) => {
  const { text, report } = scan;
  const mayJudge = allowanceOf(scan, MOST_COMMANDS);
  // Each command reads a line once, however often its name stands there.
  const read = new Map<Command, number>();
  const startFrom = among(text, scan.landmarks.commands, STARTS);
  for (let start = startFrom(0); start >= 0; start = startFrom(start + 1)) {
    if (!mayJudge(start)) return;
    for (const command of BY_START.get(text.slice(start, start + 4).toLowerCase()) ?? []) {
      if (command.within === "place") take(command, at(command.whole, text, start), 0);
      else if ((read.get(command) ?? -1) <= start) {
        const end = endOfLine(text, start);
        read.set(command, end);
        for (const match of text.slice(start, end).matchAll(command.whole)) take(command, match, start);
      }
    }
  }

  function take({ certain, within }: Command, match: RegExpExecArray | undefined, offset: number): void {
    const value = match?.groups?.v ?? match?.groups?.w ?? "";
    if (match === undefined || OURS.test(value)) return;
    // Of an argument in quotes, all words.
    const judged = certain && within === "line" ? value.replaceAll(" ", "") : value;
    if (!isSecret(judged, "strong", "quoted", "") || (!certain && !isPasswordLike(value))) return;
    const from = offset + match.index + match[0].lastIndexOf(value);
    const to = from + value.length;
    report(from, value.length < LONGEST_READ ? to : wordEnd(text, to), "SECRET");
  }
};

function at(whole: RegExp, text: string, index: number): RegExpExecArray | undefined {
  whole.lastIndex = index;
  return whole.exec(text) ?? undefined;
}

function endOfLine(text: string, from: number): number {
  const last = Math.min(text.length, from + LONGEST_LINE);
  // Only as far as a line is read: a search through all of a text without lines would cost its length each time.
  const near = text.slice(from, last);
  for (let end = near.indexOf("\n"); end >= 0; end = near.indexOf("\n", end + 1)) {
    if (!/\\\s?$/.test(near.slice(Math.max(0, end - 2), end))) return from + end;
  }
  return last;
}
