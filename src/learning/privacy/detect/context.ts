/** A word alone on a line that says what the line above it already said, as in pretty-printed JSON. */
const FILLER = /^(?:[^\p{L}\p{N}\n]|\b(?:number|value|no|nr|num)\b)*$/iu;

/** The line above goes on: it opens something, or it has neither a number of its own nor an end. */
const GOES_ON = /[:=([{]\s*$|(?:^|\n)[^\d.;!?\n]*$/;

/** What stands before a place and belongs to it: its line, and the line above where nothing else begins its own. */
export function leadOf(text: string, at: number, reach: number): string {
  const lead = text.slice(Math.max(0, at - reach), at);
  const newline = lead.lastIndexOf("\n");
  const above = FILLER.test(lead.slice(newline + 1)) && GOES_ON.test(lead.slice(0, Math.max(0, newline)));
  return newline < 0 || above ? lead : lead.slice(newline + 1);
}

/** Whether one of a detector's words stands shortly before a place: what an ambiguous number is called tells what it is. */
export function calledBefore(text: string, at: number, words: RegExp, reach = 40): boolean {
  return words.test(leadOf(text, at, reach));
}

/** Of a word in a regular expression: `\w`. */
export function isAsciiWordUnit(code: number): boolean {
  return isDigit(code) || isLetter(code) || code === 95;
}

/** Of a word in any script. */
export function isWordUnit(code: number): boolean {
  return isAsciiWordUnit(code) || (code >= 0xc0 && code !== 0xd7 && code !== 0xf7);
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isHexDigit(code: number): boolean {
  return isDigit(code) || ((code | 0x20) >= 97 && (code | 0x20) <= 102);
}

/** Whether one of some words ends within reach before a place. Asked with places that grow. */
export type Nearby = (at: number, reach: number) => boolean;

/** So many questions are answered by looking; for more, the places of all the words in the text are found once. */
const LOOKS = 32;

export function nearby(text: string, words: RegExp): Nearby {
  let asked = 0;
  let ends: number[] | undefined;
  let next = 0;
  return (at, reach) => {
    asked += 1;
    if (asked <= LOOKS) return words.test(leadOf(text, at, reach));
    ends ??= [...text.matchAll(new RegExp(words, `${words.flags}g`))].map((match) => match.index + match[0].length);
    while (next < ends.length && (ends[next] ?? 0) <= at) next += 1;
    const end = ends[next - 1] ?? Number.NEGATIVE_INFINITY;
    return end > at - reach && end > at - leadOf(text, at, reach).length;
  };
}

/** Whether any letter stands within reach before a place: where none does, nothing there has a name. Asked with places that grow. */
export function lettersBefore(text: string): Nearby {
  let read = 0;
  let last = Number.NEGATIVE_INFINITY;
  return (at, reach) => {
    // Backwards: most places have a letter close before them.
    let letter = at - 1;
    while (letter >= read && !isLetterUnit(text.charCodeAt(letter))) letter -= 1;
    if (letter >= read) last = letter;
    read = Math.max(read, at);
    return last >= at - reach;
  };
}

/** Of ASCII. */
export function isLetter(code: number): boolean {
  return (code | 0x20) >= 97 && (code | 0x20) <= 122;
}

/** Letters of ASCII, and whatever lies above it. */
export function isLetterUnit(code: number): boolean {
  return isLetter(code) || code >= 0x80;
}
