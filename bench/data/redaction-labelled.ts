/** Texts that know what is secret in them, chance that can be repeated, and how well a redactor did. */

export interface Label {
  readonly start: number;
  readonly end: number;
  readonly type: string;
}

export interface Labelled {
  readonly text: string;
  readonly labels: readonly Label[];
}

/** A value that must not be kept. */
export interface Marked {
  readonly type: string;
  readonly value: string;
}

export const marked =
  (type: string) =>
  (value: string): Marked => ({ type, value });

/** Tag of a template: labels what is marked in it. */
export function labelled(pieces: TemplateStringsArray, ...parts: readonly (string | number | Marked)[]): Labelled {
  let text = pieces[0] ?? "";
  const labels: Label[] = [];
  for (const [index, part] of parts.entries()) {
    if (typeof part === "object") {
      labels.push({ type: part.type, start: text.length, end: text.length + part.value.length });
      text += part.value;
    } else text += part;
    text += pieces[index + 1] ?? "";
  }
  return { text, labels };
}

/** One text after another, with what is between. */
export function joined(texts: readonly Labelled[], between = "\n"): Labelled {
  let text = "";
  const labels: Label[] = [];
  for (const [index, each] of texts.entries()) {
    if (index > 0) text += between;
    for (const { type, start, end } of each.labels)
      labels.push({ type, start: start + text.length, end: end + text.length });
    text += each.text;
  }
  return { text, labels };
}

/** mulberry32: small, and the same everywhere. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 to 1, without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** From `least` to `most`, both included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  of<T>(choices: readonly T[]): T {
    const choice = choices[this.int(0, choices.length - 1)];
    if (choice === undefined) throw new Error("nothing to choose from");
    return choice;
  }

  text(length: number, alphabet: string): string {
    return Array.from({ length }, () => alphabet[this.int(0, alphabet.length - 1)]).join("");
  }

  digits(length: number): string {
    return this.text(length, "0123456789");
  }

  hex(length: number): string {
    return this.text(length, "0123456789abcdef");
  }

  /** Letters of both cases and digits. */
  alnum(length: number): string {
    return this.text(length, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
  }

  base64(length: number): string {
    return this.text(length, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  }
}

/** Of one type, or of all. */
export interface Score {
  labels: number;
  /** Labels of which no character is left. */
  hidden: number;
  /** Of those, the ones under a placeholder of their type. */
  named: number;
  findings: number;
  /** Findings that touch a label of any type. */
  right: number;
  labelledCharacters: number;
  hiddenCharacters: number;
  foundCharacters: number;
  rightCharacters: number;
}

export type Find = (text: string) => readonly Label[];

export interface Miss {
  readonly kind: "missed" | "wrong";
  readonly type: string;
  readonly text: string;
}

/** Scores by type. A finding counts for its own type, a label for its own. */
export function score(texts: Iterable<Labelled>, find: Find, misses: Miss[] = []): Map<string, Score> {
  const scores = new Map<string, Score>();
  const of = (type: string) => {
    const score = scores.get(type) ?? {
      labels: 0,
      hidden: 0,
      named: 0,
      findings: 0,
      right: 0,
      labelledCharacters: 0,
      hiddenCharacters: 0,
      foundCharacters: 0,
      rightCharacters: 0,
    };
    scores.set(type, score);
    return score;
  };
  for (const { text, labels } of texts) {
    const found = find(text);
    const covered = covering(text.length, found);
    const secret = covering(text.length, labels);
    for (const { type, start, end } of labels) {
      const one = of(type);
      const hidden = sum(covered, start, end);
      one.labels += 1;
      one.labelledCharacters += end - start;
      one.hiddenCharacters += hidden;
      if (hidden === end - start) {
        one.hidden += 1;
        if (found.some((span) => span.type === type && span.start <= start && span.end >= end)) one.named += 1;
      } else misses.push({ kind: "missed", type, text: around(text, start, end) });
    }
    for (const { type, start, end } of found) {
      const one = of(type);
      const right = sum(secret, start, end);
      one.findings += 1;
      one.foundCharacters += end - start;
      one.rightCharacters += right;
      if (right > 0) one.right += 1;
      else misses.push({ kind: "wrong", type, text: around(text, start, end) });
    }
  }
  return scores;
}

function covering(length: number, spans: readonly Label[]): Uint8Array {
  const covered = new Uint8Array(length);
  for (const { start, end } of spans) covered.fill(1, start, end);
  return covered;
}

function sum(covered: Uint8Array, start: number, end: number): number {
  let total = 0;
  for (let at = start; at < end; at += 1) total += covered[at] ?? 0;
  return total;
}

/** What the bench may show, since it made the text itself. */
function around(text: string, start: number, end: number): string {
  return `${text.slice(Math.max(0, start - 50), start)}⟦${text.slice(start, end)}⟧${text.slice(end, end + 20)}`.replaceAll(
    "\n",
    "⏎",
  );
}
