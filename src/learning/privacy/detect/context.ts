/** Whether one of a detector's words stands shortly before a place: what an ambiguous number is called tells what it is. */
export function calledBefore(text: string, at: number, words: RegExp, reach = 40): boolean {
  return words.test(text.slice(Math.max(0, at - reach), at));
}

export function isWordUnit(code: number): boolean {
  return (
    (code >= 48 && code <= 57) ||
    (code >= 65 && code <= 90) ||
    (code >= 97 && code <= 122) ||
    code === 95 ||
    (code >= 0xc0 && code !== 0xd7 && code !== 0xf7)
  );
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Words around `at` in the text: whether a number there stands by itself. */
export function standsAlone(text: string, start: number, end: number): boolean {
  return !isWordUnit(text.charCodeAt(start - 1)) && !isWordUnit(text.charCodeAt(end));
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
    if (asked <= LOOKS) return words.test(text.slice(Math.max(0, at - reach), at));
    ends ??= [...text.matchAll(new RegExp(words, `${words.flags}g`))].map((match) => match.index + match[0].length);
    while (next < ends.length && (ends[next] ?? 0) <= at) next += 1;
    return (ends[next - 1] ?? Number.NEGATIVE_INFINITY) > at - reach;
  };
}
