import { expect, test } from "vitest";
import { privacy } from "../../../api/v1alpha1/learning.ts";
import { createRedactor } from "../redactor.ts";
import { found } from "../testing/found.ts";
import { InvalidPattern } from "./custom.ts";

const policy = (name: string, pattern: string) => privacy.parse({ custom: [{ name, pattern }] });

test("finds what a pattern of the policy matches, and calls it by the pattern's name", () => {
  const redactor = createRedactor(policy("case-id", "CASE-[0-9]{4}"));
  expect(found("see CASE-1234 and CASE-12", redactor)).toEqual(["CASE_ID CASE-1234"]);
  expect(redactor.types).toContain("CASE_ID");
});

test("gives a pattern of the policy the word before the built-in detectors of personal data", () => {
  const redactor = createRedactor(policy("staff", "[a-z.]+@staff\\.example\\.org"));
  expect(found("jane@staff.example.org, tom@example.org", redactor)).toEqual([
    "STAFF jane@staff.example.org",
    "EMAIL tom@example.org",
  ]);
});

test("finds nothing that the policy does not ask for, but secrets always", () => {
  const redactor = createRedactor(privacy.parse({ detect: ["IBANs"] }));
  expect(found("jane@example.org, 4111111111111111, password=hunter2!x", redactor)).toEqual(["SECRET hunter2!x"]);
});

test("runs a pattern that would never end elsewhere", () => {
  const redactor = createRedactor(policy("evil", "(a+)+$"));
  expect(found(`${"a".repeat(5_000)}!`, redactor)).toEqual([]);
});

test.each([
  ["does not compile", "ticket", "(", "pattern ticket: "],
  ["needs what is not linear", "back", "(a)\\1", "pattern back: "],
  ["matches empty text", "empty", "x*", "pattern empty matches empty text"],
])("refuses a pattern that %s, and names it", (_, name, pattern, message) => {
  const make = () => createRedactor({ detect: [], custom: [{ name, pattern }] });
  expect(make).toThrow(InvalidPattern);
  expect(make).toThrow(message);
});
