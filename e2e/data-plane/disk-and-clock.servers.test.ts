import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { BatchResult, Problem } from "../../src/api/learning/results.ts";
import { interactions } from "../../src/testing/interactions.ts";
import { startPostgres, startRedis } from "../../src/testing/servers/index.ts";
import { Load } from "./load.ts";
import { ADMIN_KEY, clockOf, invariant, startPlane } from "./plane.ts";

describe("the data plane when Postgres's disk is full", () => {
  it("says so of each event, stores nothing by halves, and takes all once there is room", async () => {
    await using postgres = await startPostgres({ smallDisk: "64m" });
    const databaseUrl = await postgres.createDatabase({ small: true });
    await using plane = await startPlane({ postgres, databaseUrl });
    const load = new Load({ url: () => plane.api.url, key: ADMIN_KEY, seed: 51, canaries: [] });
    try {
      await sleep(1500);
      await postgres.fillSmallDisk();
      await sleep(2000);
      const stream = interactions({ seed: 520 });
      const items = Array.from({ length: 40 }, () => stream.next().value);
      const results = await Promise.all(items.map((item) => post(plane.api.url, item)));
      // A page that has room may take one or another; what does not fit is told to come later.
      const full = results.filter(({ status }) => status !== 201);
      expect(full.length).toBeGreaterThan(0);
      for (const result of full) expect(result).toMatchObject({ status: 503, code: "Unavailable" });
      items.forEach(({ id }, index) => {
        if (results[index]?.status === 201) load.accepted.add(id);
      });
      await postgres.emptySmallDisk();
      await sleep(1500);
    } finally {
      await load.stop();
    }
    expect([...load.refused]).toEqual([]);
    expect(load.repeated).toBeGreaterThan(0);
    await invariant(plane, load);
    expect(load.accepted.size).toBeGreaterThan(40);
  });
});

describe("the data plane with clocks that are wrong", () => {
  it("goes on with a worker far ahead, then far behind, of an API that is behind itself", async () => {
    await using postgres = await startPostgres();
    await using redis = await startRedis();
    await using plane = await startPlane({ postgres, redis, skew: { learning: "-4m", worker: "+45m" } });
    const load = new Load({ url: () => plane.api.url, key: ADMIN_KEY, seed: 53, canaries: [] });
    try {
      await sleep(2500);
      await plane.worker.stop();
      plane.worker.spawn(clockOf("-45m"));
      await plane.worker.ready();
      await sleep(2500);
    } finally {
      await load.stop();
    }
    expect([...load.refused]).toEqual([]);
    await invariant(plane, load);
    expect(load.accepted.size).toBeGreaterThan(40);
  });

  it("refuses by its own clock what seems to come from far ahead, and says so", async () => {
    await using postgres = await startPostgres();
    await using plane = await startPlane({ postgres, skew: { learning: "-10m" } });
    const item = interactions({ seed: 54 }).next().value;
    expect(await post(plane.api.url, item)).toMatchObject({ status: 422, code: "OutsideWindow" });
  });
});

/** What became of it, whether it was told of the item or of the whole request. */
async function post(url: string, item: object): Promise<{ status: number; code?: string }> {
  const answer = await fetch(`${url}/v1/interactions`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ interactions: [item] }),
  });
  const said: BatchResult | Problem = JSON.parse(await answer.text());
  const told = "results" in said ? said.results[0] : said;
  if (told === undefined) throw new Error(`answered ${answer.status} without a result`);
  return told;
}
