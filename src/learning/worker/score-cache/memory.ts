import type { Scored } from "../../store/port.ts";
import { type ScoreCache, scoreKey } from "./port.ts";

/** The least recently used goes first. */
export function memoryScoreCache(capacity = 10_000): ScoreCache {
  const scores = new Map<string, Scored>();
  return {
    get: async (keys) =>
      keys.map((key) => {
        const name = scoreKey(key);
        const score = scores.get(name);
        // A Map keeps the order of insertion: what is inserted anew is the youngest.
        if (score !== undefined && scores.delete(name)) scores.set(name, score);
        return score;
      }),
    put: async (batch) => {
      for (const score of batch) {
        const name = scoreKey(score);
        scores.delete(name);
        scores.set(name, score);
        const [oldest] = scores.keys();
        if (scores.size > capacity && oldest !== undefined) scores.delete(oldest);
      }
    },
    close: async () => scores.clear(),
  };
}
