import { describe, expect, it } from "vitest";
import { refOf } from "../../queue/testing/refs.ts";
import { score } from "../testing/score.ts";
import { memoryScoreCache } from "./memory.ts";

describe("the score cache in memory", () => {
  it("finds a score by interaction, feedback and version, and under no other", async () => {
    const cache = memoryScoreCache();
    await cache.put([score(1)]);
    const others = [{ feedbackSeq: 1 }, { assessorVersion: "v2" }, { tenant: "team-b" }, { id: refOf(2).id }];
    expect(await cache.get([score(1), ...others.map((other) => score(1, other))])).toEqual([
      score(1),
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("drops what was not used for longest", async () => {
    const cache = memoryScoreCache(2);
    await cache.put([score(1), score(2)]);
    await cache.get([score(1)]);
    await cache.put([score(3)]);
    expect(await cache.get([score(1), score(2), score(3)])).toEqual([score(1), undefined, score(3)]);
  });
});
