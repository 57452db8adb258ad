/** @import { Held } from "./types.d.ts" */
import { ApiError } from "./api.js";

const TICK_MS = 1000;
const RETRY_MS = 10_000;
/** A reviewer who did nothing for so long is not at work on it: the item becomes free for others. */
const ACTIVE_MS = 5 * 60_000;

/**
 * Counts a lease down and renews it while somebody is at work. `until` of the server is not looked at: the clocks
 * may differ, the length of the lease does not.
 * @param {{ renew: (held: Held) => Promise<unknown>, tick: (left: number, held: Held) => void, lost: (held: Held) => void }} options
 */
export function leaseKeeper({ renew, tick, lost }) {
  /** @type {Held | undefined} */
  let held;
  let activeAt = performance.now();
  let askAt = 0;
  const active = () => {
    activeAt = performance.now();
  };
  for (const event of ["keydown", "pointerdown", "pointermove", "wheel"])
    addEventListener(event, active, { passive: true });

  /** @param {Held} of */
  const end = (of) => {
    if (held !== of) return;
    held = undefined;
    lost(of);
  };
  /** @param {Held} of */
  const keep = async (of) => {
    const asked = performance.now();
    askAt = asked + RETRY_MS;
    try {
      await renew(of);
      of.endsAt = asked + of.leaseMs;
    } catch (error) {
      if (error instanceof ApiError && (error.code === "LeaseLost" || error.code === "NotFound")) end(of);
    }
  };
  const beat = () => {
    if (held === undefined) return;
    const now = performance.now();
    const left = held.endsAt - now;
    if (left <= 0) return end(held);
    tick(left, held);
    if (left < held.leaseMs / 2 && now - activeAt < ACTIVE_MS && now >= askAt) void keep(held);
  };
  setInterval(beat, TICK_MS);

  return {
    /** @param {Held | undefined} next */
    watch(next) {
      held = next;
      askAt = 0;
      activeAt = performance.now();
      beat();
    },
    idleFor: () => performance.now() - activeAt,
  };
}

/** @param {number} ms */
export function clock(ms) {
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
