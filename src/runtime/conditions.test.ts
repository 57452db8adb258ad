import { describe, expect, it } from "vitest";
import { type Condition, setCondition } from "./conditions.ts";

const ready = { type: "Ready", status: "False", reason: "Loading", message: "loading" } as const;
const start = Date.UTC(2026, 0, 1);

describe("setCondition", () => {
  it("returns the same list when nothing has changed", () => {
    const list = setCondition([], ready, { now: start, observedGeneration: 1 });
    expect(setCondition(list, ready, { now: start + 5000, observedGeneration: 1 })).toBe(list);
  });

  it("moves lastTransitionTime only with the status", () => {
    const first = setCondition([], ready, { now: start });
    const reworded = setCondition(first, { ...ready, message: "still loading" }, { now: start + 60_000 });
    const turned = setCondition(reworded, { ...ready, status: "True" }, { now: start + 90_000 });
    expect([first, reworded, turned].map((list) => list[0]?.lastTransitionTime)).toEqual([
      "2026-01-01T00:00:00Z",
      "2026-01-01T00:00:00Z",
      "2026-01-01T00:01:30Z",
    ]);
  });

  it("keeps the list sorted by type and the message within 1024 characters", () => {
    let list: readonly Condition[] = setCondition([], ready, { now: start });
    list = setCondition(list, { ...ready, type: "Available", message: "x".repeat(2000) }, { now: start });
    expect(list.map((condition) => condition.type)).toEqual(["Available", "Ready"]);
    expect(list[0]?.message).toHaveLength(1024);
    expect(setCondition(list, { ...ready, type: "Available", message: "x".repeat(2000) }, { now: start })).toBe(list);
  });
});
