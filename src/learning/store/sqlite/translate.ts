/**
 * Takes off a statement what SQLite does not know: casts (its columns have no types to mistake) and row locks (there is
 * one writer), and says parameters its way.
 */
export function translate(sql: string): string {
  return sql
    .replace(/::[a-z]+( precision)?(\[\])?/g, "")
    .replace(/\bFOR (NO KEY UPDATE|UPDATE|SHARE)( OF \w+)?( SKIP LOCKED)?/g, "")
    .replace(/\$(\d+)/g, "?$1");
}
