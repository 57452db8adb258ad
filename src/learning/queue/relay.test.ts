import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../testing/clock.ts";
import { silentLog } from "../../testing/log.ts";
import type { WorkRef } from "../store/port.ts";
import { Relay } from "./relay.ts";
import { MemoryStore } from "./testing/memory-store.ts";
import { refOf } from "./testing/refs.ts";

describe("the relay", () => {
  let clock: ManualClock;
  let store: MemoryStore;
  let relay: Relay;
  let sent: WorkRef[];
  let transport: { down: boolean; room: number; oldestAgeMs: number };
  beforeEach(() => {
    clock = new ManualClock();
    store = new MemoryStore();
    sent = [];
    transport = { down: false, room: 1000, oldestAgeMs: 0 };
    relay = new Relay({
      work: store.work,
      clock,
      log: silentLog,
      everyMs: 1000,
      resendAfterMs: 15_000,
      batch: 2,
      transport: {
        send: async (refs) => {
          if (transport.down) throw new Error("down");
          sent.push(...refs);
          transport.room -= refs.length;
        },
        room: async () => transport.room,
        oldestAgeMs: async () => transport.oldestAgeMs,
      },
    });
  });
  afterEach(() => relay.close());

  const accept = (...refs: WorkRef[]) => {
    for (const ref of refs) store.accept(ref, clock.now());
  };

  it("sends what is new when it is nudged, all of it, once", async () => {
    accept(refOf(1), refOf(2), refOf(3));
    relay.nudge();
    relay.nudge();
    await clock.advance(100);
    expect(sent).toEqual([refOf(1), refOf(2), refOf(3)]);
  });

  it("finds by itself what nobody nudged for", async () => {
    accept(refOf(1));
    await clock.advance(1000);
    expect(sent).toEqual([refOf(1)]);
  });

  it("sends what is still work again, once it has been away for long", async () => {
    accept(refOf(1));
    await clock.advance(14_000);
    expect(sent).toEqual([refOf(1)]);
    await clock.advance(20_000);
    expect(sent).toEqual([refOf(1), refOf(1)]);
  });

  it("does not send again what the transport still holds, however long that is", async () => {
    accept(refOf(1));
    await clock.advance(1000);
    transport.oldestAgeMs = 3_600_000;
    await clock.advance(600_000);
    expect(sent).toEqual([refOf(1)]);
  });

  it("sends again what was lost from before the oldest that is there", async () => {
    transport.oldestAgeMs = 3_600_000;
    accept(refOf(1));
    await clock.advance(60_000);
    expect(sent).toEqual([refOf(1)]);
    // Of what it holds now, the oldest came long after.
    transport.oldestAgeMs = 1000;
    await clock.advance(15_000);
    expect(sent).toEqual([refOf(1), refOf(1)]);
  });

  it("sends everything again at once when the transport says that it lost what it had", async () => {
    accept(refOf(1), refOf(2), refOf(3));
    await clock.advance(1000);
    sent = [];
    // One that came since then is there already.
    transport.oldestAgeMs = 5;
    await clock.advance(10);
    relay.lost();
    await clock.advance(100);
    expect(sent).toEqual([refOf(1), refOf(2), refOf(3)]);
  });

  it("keeps what could not be sent, says for how long, and tries again", async () => {
    transport.down = true;
    accept(refOf(1));
    relay.nudge();
    await clock.advance(60_000);
    expect(relay.lagMs).toBeGreaterThanOrEqual(59_000);
    transport.down = false;
    await clock.advance(5000);
    expect(sent).toEqual([refOf(1)]);
    expect(relay.lagMs).toBe(0);
  });

  it("does not wait out its patience when the transport is back", async () => {
    transport.down = true;
    accept(refOf(1));
    relay.nudge();
    await clock.advance(60_000);
    transport.down = false;
    relay.retry();
    await clock.advance(0);
    expect(sent).toEqual([refOf(1)]);
  });

  it("waits while the store is away", async () => {
    accept(refOf(1));
    store.away = true;
    relay.nudge();
    await clock.advance(10_000);
    expect(sent).toEqual([]);
    store.away = false;
    await clock.advance(5000);
    expect(sent).toEqual([refOf(1)]);
  });

  it("sends no more than there is room for; the rest waits in the table", async () => {
    transport.room = 3;
    accept(refOf(1), refOf(2), refOf(3), refOf(4), refOf(5));
    relay.nudge();
    await clock.advance(5000);
    expect(sent).toHaveLength(3);
    transport.room = 100;
    await clock.advance(1000);
    expect(sent).toEqual([1, 2, 3, 4, 5].map((n) => refOf(n)));
  });
});
