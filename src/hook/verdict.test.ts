import { expect, test } from "vitest";
import { pauseAfter, retryAfter } from "./backoff.ts";
import { judge } from "./verdict.ts";

const NOW = Date.UTC(2026, 0, 1);
const answer = (status: number, body = "", header?: string) => ({ status, retryAfter: header, body });

test.each([
  [429, "Overloaded", false],
  [503, "Overloaded", false],
  [500, "ServerFailed", true],
  [502, "ServerFailed", true],
  [401, "Unauthorized", false],
  [403, "Unauthorized", false],
  [404, "WrongAddress", false],
  [307, "WrongAddress", false],
  [200, "UnexpectedAnswer", true],
  [408, "TimedOut", false],
])("a batch answered %i failed: %s, one of its items may be the cause: %s", (status, code, suspect) => {
  expect(judge(answer(status, "<html>"), NOW)).toMatchObject({ kind: "failed", error: { code }, suspect });
});

test.each([400, 413, 422])("a batch answered %i is split", (status) => {
  expect(judge(answer(status), NOW)).toEqual({ kind: "split", status });
});

test("each item is judged by its own result", () => {
  const results = [
    { id: "a", status: 201 },
    { id: "b", status: 200 },
    { id: "c", status: 404, code: "UnknownInteraction" },
    { id: "d", status: 503, code: "Unavailable" },
    { id: "e", status: 422, code: "NotRedactable", message: "took too long" },
    { id: 7, status: 201 },
    "nonsense",
    null,
  ];
  const verdict = judge(answer(207, JSON.stringify({ results })), NOW);
  expect(verdict.kind === "results" && Object.fromEntries(verdict.outcomes)).toEqual({
    a: { kind: "stored" },
    b: { kind: "stored" },
    c: { kind: "later", unknownInteraction: true },
    d: { kind: "later", unknownInteraction: false },
    e: { kind: "refused", status: 422, code: "NotRedactable", message: "took too long" },
  });
});

test("Retry-After is read as seconds or a date, and taken at its word only so far", () => {
  expect(retryAfter("7", NOW)).toBe(7000);
  expect(retryAfter(new Date(NOW + 9000).toUTCString(), NOW)).toBe(9000);
  expect(retryAfter(new Date(NOW - 9000).toUTCString(), NOW)).toBe(0);
  expect(retryAfter("86400", NOW)).toBe(300_000);
  expect(retryAfter("soon", NOW)).toBeUndefined();
  expect(retryAfter(undefined, NOW)).toBeUndefined();
});

test("pauses double up to a longest, spread over their upper half", () => {
  const patience = { firstMs: 500, longestMs: 30_000 };
  expect([1, 2, 3, 7, 1000].map((n) => pauseAfter(n, patience, () => 1))).toEqual([500, 1000, 2000, 30_000, 30_000]);
  expect(pauseAfter(1, patience, () => 0)).toBe(250);
});
