import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/clock.ts";
import { Facts } from "./facts.ts";

function polled(answers: (() => Promise<unknown>)[]) {
  const clock = new ManualClock(0);
  const changes: number[] = [];
  let polls = 0;
  const facts = new Facts<unknown>({
    poll: () => answers[Math.min(polls++, answers.length - 1)]?.() ?? Promise.reject(new Error("no answer planned")),
    interval: 1000,
    timeout: 300,
    clock,
    onChange: () => changes.push(clock.elapsed()),
  });
  return { clock, facts, changes, polls: () => polls };
}

describe("facts", () => {
  it("are unknown before the first answer, then known, and tell of changes only", async () => {
    const { clock, facts, changes } = polled([async () => ({ n: 1 }), async () => ({ n: 1 }), async () => ({ n: 2 })]);
    expect(facts.want("a")).toEqual({ unknown: "not asked yet", since: 0 });
    await clock.advance(1500);
    expect(facts.want("a")).toEqual({ known: { n: 1 }, at: 1000 });
    await clock.advance(1000);
    expect(facts.want("a")).toEqual({ known: { n: 2 }, at: 2000 });
    expect(changes).toEqual([0, 2000]);
  });

  it("become unknown with the reason when a poll fails, since the first failure", async () => {
    const down = () => Promise.reject(new Error("refused"));
    const { clock, facts } = polled([async () => 1, down, down]);
    facts.want("a");
    await clock.advance(2500);
    expect(facts.want("a")).toEqual({ unknown: "refused", since: 1000 });
  });

  it("count a poll that never answers as failed, and go on", async () => {
    const { clock, facts } = polled([() => new Promise(() => {}), async () => 1]);
    facts.want("a");
    await clock.advance(400);
    expect(facts.want("a")).toMatchObject({ unknown: "no answer within 300 ms" });
    await clock.advance(1000);
    expect(facts.want("a")).toMatchObject({ known: 1 });
  });

  it("are dropped when nobody has wanted them for three intervals", async () => {
    const { clock, facts, polls } = polled([async () => 1]);
    facts.want("a");
    await clock.advance(10_000);
    expect(polls()).toBe(4);
    expect(clock.waiting).toBe(0);
    expect(facts.want("a")).toMatchObject({ unknown: "not asked yet" });
  });
});
