import { describe, expect, it } from "vitest";
import { isContaminated, NgramCollector } from "./contamination.ts";

const words = (...parts: readonly (readonly number[])[]) => {
  const hashes = Uint32Array.from(parts.flat());
  return { hashes, count: hashes.length };
};
const run = (from: number, length: number) => Array.from({ length }, (_, at) => (from + at) * 2_654_435_761);

describe("contamination", () => {
  it("is found from twelve words in a row on, wherever they stand", () => {
    const ngrams = new NgramCollector();
    expect(ngrams.add(words(run(1000, 30)))).toBe(19);
    const table = ngrams.table();
    expect(isContaminated(words(run(5, 40), run(1010, 12), run(90, 40)), table)).toBe(true);
    expect(isContaminated(words(run(5, 40), run(1010, 11), run(90, 40)), table)).toBe(false);
    expect(isContaminated(words(run(1010, 12).reverse()), table)).toBe(false);
  });

  it("is found in a table that has grown", () => {
    const ngrams = new NgramCollector();
    ngrams.add(words(run(0, 200_000)));
    const table = ngrams.table();
    expect(ngrams.count).toBe(199_989);
    for (let at = 0; at < 200_000 - 12; at += 997) expect(isContaminated(words(run(at, 12)), table)).toBe(true);
    expect(isContaminated(words(run(300_000, 5000)), table)).toBe(false);
  });

  it("is nowhere without evaluation sets", () => {
    expect(isContaminated(words(run(0, 50)), new NgramCollector().table())).toBe(false);
    expect(new NgramCollector().add(words(run(0, 11)))).toBe(0);
  });
});
