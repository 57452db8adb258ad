import { describe, expect, it } from "vitest";
import { Random } from "../../testing/random.ts";
import { BANDS, MinHash, NGRAM } from "./minhash.ts";

const minhash = new MinHash();
const bandsOf = (...texts: readonly (readonly number[])[]) => {
  const keys = new Uint32Array(2 * BANDS);
  minhash.start();
  for (const words of texts) minhash.add(Uint32Array.from(words), words.length);
  return minhash.finish(keys, 0) ? keys : undefined;
};
const meet = (one: readonly number[], other: readonly number[]) => {
  const [a, b] = [bandsOf(one), bandsOf(other)];
  return Array.from({ length: BANDS }, (_, band) => band).some(
    (band) => a?.[2 * band] === b?.[2 * band] && a?.[2 * band + 1] === b?.[2 * band + 1],
  );
};
const random = new Random(11);
const text = (length: number) => Array.from({ length }, () => Math.floor(random.next() * 2 ** 32));

/** How often of 300 times two texts meet whose 5-grams overlap by about `similarity`. */
function meetings(length: number, similarity: number): number {
  const shingles = length - NGRAM + 1;
  // Words replaced at the end take their 5-grams with them: (n - d) / (n + d) = similarity.
  const replaced = Math.round((shingles * (1 - similarity)) / (1 + similarity));
  let met = 0;
  for (let time = 0; time < 300; time++) {
    const one = text(length);
    if (meet(one, [...one.slice(0, length - replaced), ...text(replaced)])) met++;
  }
  return met / 300;
}

describe("MinHash by one permutation", () => {
  it.each([
    [400, 0.95, 0.98, 1],
    [400, 0.85, 0.85, 1],
    [400, 0.72, 0.4, 0.75],
    [400, 0.5, 0, 0.12],
    [400, 0.2, 0, 0.02],
    [60, 0.9, 0.9, 1],
    [60, 0.5, 0, 0.2],
    [20, 0.3, 0, 0.15],
  ])(
    "lets texts of %i words that overlap by %f meet in %f to %f of cases, as 112 permutations would",
    (length, similarity, least, most) => {
      const share = meetings(length, similarity);
      expect(share).toBeGreaterThanOrEqual(least);
      expect(share).toBeLessThanOrEqual(most);
    },
  );

  it("always lets equal texts meet, however short", () => {
    for (const length of [1, 2, 4, 5, 6, 30, 200]) {
      const one = text(length);
      expect(bandsOf(one)).toEqual(bandsOf([...one]));
    }
  });

  it("does not let n-grams reach from one text into the next", () => {
    const [a, b] = [text(40), text(40)];
    expect(bandsOf(a, b)).toEqual(bandsOf(b, a));
  });

  it("has nothing to compare without words", () => {
    expect(bandsOf([])).toBeUndefined();
  });
});
