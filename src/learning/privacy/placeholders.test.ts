import { expect, test } from "vitest";
import { keyedHash, numbering, takenIn } from "./placeholders.ts";

const hash = keyedHash(new Uint8Array(32).fill(7), "team-a");
const types = ["EMAIL", "SECRET", "PHONE"];

test("gives the same value the same number, and the next value the next", () => {
  const numbers = numbering(hash, {}, new Map());
  expect(numbers.nameOf("EMAIL", "a@x.org")).toBe("EMAIL_1");
  expect(numbers.nameOf("EMAIL", "b@x.org")).toBe("EMAIL_2");
  expect(numbers.nameOf("EMAIL", "a@x.org")).toBe("EMAIL_1");
  expect(numbers.nameOf("SECRET", "a@x.org")).toBe("SECRET_1");
  expect(numbers.counts).toEqual({ EMAIL: 3, SECRET: 1 });
});

test("takes one value in two ways of writing for one value", () => {
  const numbers = numbering(hash, {}, new Map());
  expect(numbers.nameOf("EMAIL", "Jane@X.org")).toBe(numbers.nameOf("EMAIL", "jane@x.org"));
  expect(numbers.nameOf("PHONE", "+49 30 1234567")).toBe(numbers.nameOf("PHONE", "+49301234567"));
  expect(numbers.nameOf("IBAN", "DE89 3704 0044")).toBe(numbers.nameOf("IBAN", "de8937040044"));
  expect(numbers.nameOf("SECRET", "Abc")).not.toBe(numbers.nameOf("SECRET", "abc"));
});

test("goes on in later feedback: what was known keeps its number, what is new gets a new one", () => {
  const first = numbering(hash, {}, new Map());
  first.nameOf("EMAIL", "a@x.org");
  const later = numbering(hash, first.placeholders, new Map());
  expect(later.nameOf("EMAIL", "b@x.org")).toBe("EMAIL_2");
  expect(later.nameOf("EMAIL", "a@x.org")).toBe("EMAIL_1");
  expect(later.counts).toEqual({ EMAIL: 2 });
});

test("tells five thousand values apart, and those beyond only from them", () => {
  const first = numbering(hash, {}, new Map());
  for (let value = 1; value <= 5_000; value += 1) first.nameOf("EMAIL", `${value}@x.org`);
  expect(first.nameOf("EMAIL", "5000@x.org")).toBe("EMAIL_5000");
  expect(first.nameOf("EMAIL", "new@x.org")).toBe("EMAIL_0");
  expect(first.nameOf("SECRET", "new")).toBe("SECRET_0");
  expect(first.nameOf("EMAIL", "1@x.org")).toBe("EMAIL_1");
  expect(first.counts).toEqual({ EMAIL: 5_003, SECRET: 1 });
  const later = numbering(hash, first.placeholders, new Map());
  expect(later.nameOf("EMAIL", "new@x.org")).toBe("EMAIL_0");
  expect(later.nameOf("EMAIL", "7@x.org")).toBe("EMAIL_7");
  expect(later.placeholders).toEqual(first.placeholders);
});

test("never gives a number that stands in the text already", () => {
  const taken = takenIn(["see <EMAIL_3> and SECRET_12", "PHONE_x, XEMAIL_9"], types);
  const numbers = numbering(hash, {}, taken);
  expect(numbers.nameOf("EMAIL", "a@x.org")).toBe("EMAIL_4");
  expect(numbers.nameOf("SECRET", "s")).toBe("SECRET_13");
  expect(numbers.nameOf("PHONE", "1")).toBe("PHONE_1");
});

test("tells long values apart, and finds them again, as short ones", () => {
  const long = "\ud800x".repeat(50_000);
  const numbers = numbering(hash, {}, new Map());
  expect([long, `${long}!`, long].map((value) => numbers.nameOf("SECRET", value))).toEqual([
    "SECRET_1",
    "SECRET_2",
    "SECRET_1",
  ]);
  expect(hash("SECRET", long)).not.toBe(hash("EMAIL", long));
  expect(hash("SECRET", long)).not.toBe(keyedHash(new Uint8Array(32).fill(7), "team-b")("SECRET", long));
});

test("keeps a keyed hash of the value and never the value", () => {
  const numbers = numbering(hash, {}, new Map());
  numbers.nameOf("EMAIL", "jane@x.org");
  const [id = ""] = Object.keys(numbers.placeholders);
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.stringify(numbers.placeholders)).not.toContain("jane");
});

test("gives one value another hash for another tenant, type or key", () => {
  const other = keyedHash(new Uint8Array(32).fill(8), "team-a");
  const hashes = [
    hash("EMAIL", "a"),
    hash("SECRET", "a"),
    keyedHash(new Uint8Array(32).fill(7), "team-b")("EMAIL", "a"),
    other("EMAIL", "a"),
  ];
  expect(new Set(hashes).size).toBe(4);
});
