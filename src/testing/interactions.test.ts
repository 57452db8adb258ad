import { describe, expect, it } from "vitest";
import { feedback } from "../api/learning/feedback.ts";
import { interaction } from "../api/learning/interaction.ts";
import { feedbackOn, interactions } from "./interactions.ts";

describe("made-up interactions", () => {
  const now = () => Date.UTC(2026, 0, 1);
  it("fit the schema, are as long as asked, and are the same for the same seed", () => {
    const take = (seed: number) => {
      const stream = interactions({ seed, now });
      return Array.from({ length: 50 }, () => interaction.parse(stream.next().value));
    };
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
    const length = JSON.stringify(take(7)).length / 50;
    expect(length).toBeGreaterThan(3500);
    expect(length).toBeLessThan(4800);
  });

  it("get feedback that fits the schema", () => {
    const item = interactions({ now }).next().value;
    const given = Array.from({ length: 50 }, (_, seed) => feedbackOn(item, { seed, now })).flat();
    expect(given.map((each) => feedback.parse(each)).length).toBeGreaterThan(50);
  });
});
