/**
 * The unit at a place; -1 before the text and behind it. Where charCodeAt was once asked for a unit that is not there, the
 * engine reads all other units several times as slowly from then on.
 */
export function unitAt(text: string, at: number): number {
  return at >= 0 && at < text.length ? text.charCodeAt(at) : -1;
}
