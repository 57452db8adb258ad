import { afterEach, expect, test } from "vitest";
import { interaction } from "../../api/learning/interaction.ts";
import { privacy } from "../../api/v1alpha1/learning.ts";
import { createPrivacyFilter, type FilterBudget } from "./filter.ts";
import type { FilterRequest, FilterResult, PrivacyFilter } from "./port.ts";

const policy = privacy.parse({});
const open: PrivacyFilter[] = [];

function filterWith(budget: Partial<FilterBudget> = {}, threads = 1): PrivacyFilter {
  const filter = createPrivacyFilter({ secret: new Uint8Array(32), threads, budget });
  open.push(filter);
  return filter;
}

afterEach(async () => {
  for (const filter of open.splice(0)) await filter.close();
});

function asking(input: string, custom: readonly { name: string; pattern: string }[] = []): FilterRequest {
  const head = { at: "2026-01-01T00:00:00Z", kind: "prompt", servedModel: "coder", sessionId: "s", output: "" };
  const body = interaction.parse({ id: "019b76da-a800-7000-8000-000000000001", ...head, input: "?" });
  // Longer than the API would let in: the filter holds its own budget.
  return { kind: "interaction", tenant: "t", policy: { ...policy, custom: [...custom] }, body: { ...body, input } };
}

const told = (results: readonly FilterResult[]) =>
  results.map((result) => (result.ok ? ("input" in result.body ? result.body.input : "") : result.reason));

/** Linear in the text, and yet seconds for some hundred thousand characters: RE2 keeps hundreds of states for each. */
const SLOW = { name: "slow", pattern: "(?:[ab]{0,20}[ab]){0,15}[cd]" };
const LONG = `canary-${"ab".repeat(200_000)}`;

test("redacts a batch in its order, over several threads", async () => {
  const inputs = Array.from({ length: 70 }, (_, n) => `${n} is at p${n}@example.org`);
  const results = await filterWith({}, 2).filter(inputs.map((input) => asking(input)));
  expect(told(results)).toEqual(inputs.map((_, n) => `${n} is at <EMAIL_1>`));
});

test("redacts texts too long for a message, and leaves in them what it does not know", async () => {
  const quiet = "no\ud800thing ".repeat(100_000);
  const loud = `${quiet}jane@example.org`;
  const results = await filterWith({}, 2).filter([asking(loud), asking("jane@example.org"), asking(quiet)]);
  expect(told(results).map((text) => text === quiet)).toEqual([false, false, true]);
  expect(told(results)).toEqual([`${quiet}<EMAIL_1>`, "<EMAIL_1>", quiet]);
});

test("answers an empty batch", async () => {
  expect(await filterWith().filter([])).toEqual([]);
});

test("refuses what is longer than its budget, and answers what came with it", async () => {
  const results = await filterWith({ characters: 20 }).filter([asking("x".repeat(21)), asking("y".repeat(20))]);
  expect(told(results)).toEqual(["TooLarge", "y".repeat(20)]);
  expect(results[0]).toMatchObject({ message: "21 characters of text; at most 20" });
});

test("refuses what takes too long, answers what came with it, and goes on", async () => {
  const filter = filterWith({ milliseconds: 400 });
  // The grammars and detectors are loaded once; that is no part of a request's time.
  await filter.filter([asking("warm up")]);
  const results = await filter.filter([asking("before"), asking(LONG, [SLOW]), asking("after")]);
  expect(told(results)).toEqual(["before", "TooSlow", "after"]);
  expect(JSON.stringify(results[1])).not.toContain("canary");
  expect(told(await filter.filter([asking("jane@example.org")]))).toEqual(["<EMAIL_1>"]);
}, 30_000);

test("refuses the one request that exhausts a worker's memory, answers what came with it, and goes on", async () => {
  const filter = filterWith({ memory: 32, milliseconds: 20_000 });
  const hungry = asking(`canary ${"a@b.co,".repeat(1_400_000)}`);
  const results = await filter.filter([asking("before"), hungry, asking("after")]);
  expect(told(results)).toEqual(["before", "Failed", "after"]);
  expect(JSON.stringify(results[1])).not.toContain("canary");
  expect(told(await filter.filter([asking("jane@example.org")]))).toEqual(["<EMAIL_1>"]);
}, 60_000);

test("refuses a policy's pattern that cannot be used, and answers what came with it", async () => {
  const results = await filterWith().filter([asking("canary", [{ name: "broken", pattern: "(" }]), asking("fine")]);
  expect(told(results)).toEqual(["InvalidPattern", "fine"]);
  expect(JSON.stringify(results[0])).not.toContain("canary");
});

test("refuses everything once it is closed", async () => {
  const filter = filterWith();
  await filter.close();
  expect(told(await filter.filter([asking("canary")]))).toEqual(["Failed"]);
});
