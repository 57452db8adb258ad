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
