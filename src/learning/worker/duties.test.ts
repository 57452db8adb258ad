import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../testing/clock.ts";
import { silentLog } from "../../testing/log.ts";
import { type Duties, type Duty, standardDuties, startDuties } from "./duties.ts";

describe("periodic duties", () => {
  let clock: ManualClock;
  let duties: Duties;
  const start = (...all: Duty[]) => {
    duties = startDuties({ duties: all, clock, log: silentLog, random: () => 0 });
  };
  beforeEach(() => {
    clock = new ManualClock();
  });
  afterEach(async () => {
    const stopped = duties.stop(60_000);
    await clock.advance(60_000);
    expect(await stopped).toBe("finished");
  });

  it("come soon after the start, and then at their own pace", async () => {
    const at: number[] = [];
    const begun = clock.now();
    start({ name: "tick", everyMs: 60_000, run: async (now) => void at.push(now - begun) });
    await clock.advance(180_000);
    expect(at).toEqual([0, 60_000, 120_000, 180_000]);
  });

  it("never overlap themselves, nor hold up each other", async () => {
    let running = 0;
    let ticks = 0;
    start(
      {
        name: "slow",
        everyMs: 1000,
        run: async () => {
          expect(++running).toBe(1);
          await clock.sleep(10_000);
          running--;
        },
      },
      { name: "quick", everyMs: 1000, run: async () => void ticks++ },
    );
    await clock.advance(30_000);
    expect(ticks).toBe(31);
  });

  it("come sooner after a failure, and go on", async () => {
    const at: number[] = [];
    const begun = clock.now();
    start({
      name: "shaky",
      everyMs: 60_000,
      run: async (now) => {
        at.push(now - begun);
        if (at.length < 3) throw new Error("away");
      },
    });
    await clock.advance(95_000);
    expect(at).toEqual([0, 15_000, 30_000, 90_000]);
  });

  it("hear that they are to stop", async () => {
    let heard = false;
    start({
      name: "long",
      everyMs: 1000,
      run: (_, signal) =>
        clock.sleep(3_600_000, signal).catch(() => {
          heard = signal.aborted;
        }),
    });
    await clock.advance(10);
    expect(await duties.stop(1000)).toBe("finished");
    expect(heard).toBe(true);
  });

  it("are, for a worker, maintenance, thresholds and erasures", async () => {
    const done: string[] = [];
    start(
      ...standardDuties({
        maintain: async () => void done.push("maintain"),
        adjustThresholds: async () => void done.push("thresholds"),
        eraseAgain: async () => void done.push("erasures"),
      }),
    );
    await clock.advance(1);
    expect(done).toEqual(["maintain", "thresholds", "erasures"]);
  });
});
