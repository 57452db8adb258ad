import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/clock.ts";
import { WorkQueue } from "./queue.ts";

describe("a work queue", () => {
  it("hands a key out once, however often it was added", async () => {
    const queue = new WorkQueue(new ManualClock());
    for (const key of ["a", "b", "a", "a"]) queue.add(key);
    expect([await queue.get(), await queue.get(), queue.length]).toEqual(["a", "b", 0]);
  });

  it("keeps a key that is added while held until it is done", async () => {
    const queue = new WorkQueue(new ManualClock());
    queue.add("a");
    await queue.get();
    queue.add("a");
    const second = queue.get();
    expect(await Promise.race([second, Promise.resolve("nothing yet")])).toBe("nothing yet");
    queue.done("a");
    expect(await second).toBe("a");
  });

  it("keeps the earliest of the times asked for", async () => {
    const clock = new ManualClock();
    const queue = new WorkQueue(clock);
    queue.addAfter("a", 1000);
    queue.addAfter("a", 100);
    queue.addAfter("a", 5000);
    const taken: number[] = [];
    void queue.get().then(() => taken.push(clock.elapsed()));
    await clock.advance(10_000);
    expect(taken).toEqual([100]);
    expect(queue.length).toBe(0);
  });

  it("waits 5 ms, doubling to 1000 s, after failures, and anew once forgotten", async () => {
    const clock = new ManualClock();
    const queue = new WorkQueue(clock);
    const waits: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const before = clock.elapsed();
      queue.addRateLimited("a");
      await clock.advance(clock.next ?? 0);
      waits.push(clock.elapsed() - before);
      await queue.get();
      queue.done("a");
    }
    expect(waits.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(waits.slice(17)).toEqual([655_360, 1_000_000, 1_000_000]);
    queue.forget("a");
    queue.addRateLimited("a");
    expect(clock.next).toBe(5);
  });

  it("sends waiting workers home when it shuts down", async () => {
    const queue = new WorkQueue(new ManualClock());
    const waiting = queue.get();
    queue.shutDown();
    queue.add("a");
    expect([await waiting, await queue.get()]).toEqual([undefined, undefined]);
  });

  const key = fc.constantFrom("a", "b", "c");
  const action = fc.oneof(
    fc.record({ do: fc.constant("add" as const), key }),
    fc.record({ do: fc.constant("after" as const), key, ms: fc.integer({ min: 0, max: 50 }) }),
    fc.record({ do: fc.constant("fail" as const), key }),
    fc.record({ do: fc.constant("get" as const) }),
    fc.record({ do: fc.constant("done" as const), key }),
    fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 60 }) }),
  );

  it("never has a key held twice, never loses one, never hands one out early", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        const clock = new ManualClock();
        const queue = new WorkQueue(clock);
        /** When each key is due at the latest that the law allows: the earliest time asked for. */
        const owed = new Map<string, number>();
        const held = new Set<string>();
        const owe = (name: string, at: number) => owed.set(name, Math.min(owed.get(name) ?? at, at));
        const take = async () => {
          void queue.get().then((name) => {
            if (name === undefined) return;
            expect(held.has(name)).toBe(false);
            expect(owed.get(name)).toBeLessThanOrEqual(clock.elapsed());
            owed.delete(name);
            held.add(name);
          });
          await clock.advance(0);
        };
        for (const act of actions) {
          if (act.do === "add") {
            owe(act.key, clock.elapsed());
            queue.add(act.key);
          }
          if (act.do === "after") {
            owe(act.key, clock.elapsed() + act.ms);
            queue.addAfter(act.key, act.ms);
          }
          if (act.do === "fail") {
            owe(act.key, clock.elapsed() + 5 * 2 ** queue.failures(act.key));
            queue.addRateLimited(act.key);
          }
          if (act.do === "get") await take();
          if (act.do === "done") {
            held.delete(act.key);
            queue.done(act.key);
          }
          if (act.do === "wait") await clock.advance(act.ms);
          await clock.advance(0);
        }
        for (const name of held) queue.done(name);
        held.clear();
        for (let n = 0; n < 3; n += 1) await take();
        await clock.advance(2_000_000);
        expect([...owed]).toEqual([]);
        queue.shutDown();
      }),
      { numRuns: 150 },
    );
  });
});
