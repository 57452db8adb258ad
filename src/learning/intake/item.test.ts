import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { feedback } from "../../api/learning/feedback.ts";
import { interaction, MAX_FIELD } from "../../api/learning/interaction.ts";
import { itemParser } from "./item.ts";

const ID = "0197a2f0-0000-7000-8000-000000000000";
const GOOD = {
  id: ID,
  at: "2026-06-15T12:30:00Z",
  kind: "prompt",
  servedModel: "qi-coder",
  sessionId: "s",
  input: "a",
  output: "b",
};

describe("an item that is refused", () => {
  const parse = itemParser(interaction);
  const refusal = (raw: unknown) => {
    const checked = parse(raw);
    expect(checked.ok).toBe(false);
    return checked.ok ? undefined : checked.result;
  };

  it.each<[string, object, string, RegExp]>([
    ["a field of another type", { input: 7 }, "Invalid", /^input: .*string/],
    ["a missing field", { output: undefined }, "Invalid", /^output: /],
    ["no UUIDv7", { id: "0197a2f0-0000-4000-8000-000000000000" }, "Invalid", /^id: /],
    ["a time without an offset", { at: "2026-06-15T12:30:00" }, "Invalid", /^at: /],
    ["a field too large", { input: "x".repeat(MAX_FIELD + 1) }, "TooLarge", /^input: Too big/],
    ["a list too long", { history: Array(129).fill({ role: "user", content: "" }) }, "TooLarge", /^history: Too big/],
    ["a number too large", { usage: { promptTokens: 1e9 } }, "Invalid", /^usage\.promptTokens: Too big/],
    ["an item of a list", { code: [{ language: "go", after: 1 }] }, "Invalid", /^code\.0\.after: /],
    ["a model's name with text in it", { servedModel: "my <secret> model" }, "Invalid", /^servedModel: /],
  ])("says of %s which field it is", (_, change, code, message) => {
    const result = refusal({ ...GOOD, ...change });
    expect(result).toMatchObject({ code });
    expect(result?.message).toMatch(message);
  });

  it("counts unknown fields without naming them", () => {
    const result = refusal({ ...GOOD, "my password is hunter2": 1, x: 2 });
    expect(result?.message).toBe("2 unknown field(s)");
  });

  it("does not name the keys of a user's own records", () => {
    const result = refusal({ ...GOOD, context: { project: { "my password is hunter2": { nested: true } } } });
    expect(result?.message).toMatch(/^context\.project\.\*: /);
  });

  it("gives its id only where that is one", () => {
    expect(refusal({ ...GOOD, input: 7 })?.id).toBe(ID);
    expect(refusal({ ...GOOD, id: "my password is hunter2" })?.id).toBe("");
    expect(refusal("x")?.id).toBe("");
  });

  it("repeats nothing of what came, whatever comes", () => {
    const canary = fc.string({ minLength: 12, maxLength: 40, unit: "grapheme-ascii" }).map((text) => `~${text}~`);
    const parsers = [parse, itemParser(feedback)];
    const poisoned = fc.tuple(canary, fc.jsonValue(), fc.constantFrom(...Object.keys(GOOD), "context", "code", "type"));
    fc.assert(
      fc.property(poisoned, fc.nat(3), ([secret, json, field], how) => {
        const value = [secret, { [secret]: json }, [secret, json], { role: secret, content: json }][how];
        for (const one of parsers) {
          const checked = one({ ...GOOD, [field]: value, [secret]: secret });
          expect(checked.ok).toBe(false);
          if (!checked.ok) expect(JSON.stringify(checked.result)).not.toContain(JSON.stringify(secret).slice(1, -1));
        }
      }),
    );
  });
});
