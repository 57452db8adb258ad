/** @import { Decision } from "./types.d.ts" */
import { ApiError } from "./api.js";

/** How long a decision can be taken back before it is sent. */
export const GRACE_MS = 6000;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/**
 * Decisions on their way. The newest waits a moment, so that it can be taken back; while the server cannot be reached
 * all of them wait, and are sent in order once it can.
 * @param {{
 *   send: (decision: Decision, leaving: boolean) => Promise<unknown>,
 *   stored: (decision: Decision) => void,
 *   refused: (decision: Decision, error: unknown) => void,
 *   changed: () => void,
 * }} options
 */
export function decisionOutbox({ send, stored, refused, changed }) {
  /** @type {Decision | undefined} */
  let recent;
  /** @type {number | undefined} */
  let grace;
  /** @type {Decision[]} */
  const queue = [];
  let sending = false;
  let stuck = false;
  let retryMs = FIRST_RETRY_MS;
  /** @type {number | undefined} */
  let retry;

  const settle = () => {
    clearTimeout(grace);
    if (recent === undefined) return;
    queue.push(recent);
    recent = undefined;
    changed();
    void drain();
  };
  const drain = async () => {
    if (sending) return;
    sending = true;
    clearTimeout(retry);
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      try {
        await send(next, false);
        stored(next);
      } catch (error) {
        if (error instanceof ApiError && (error.passing || error.status === 401)) {
          stuck = true;
          retry = setTimeout(() => void drain(), retryMs);
          retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
          break;
        }
        refused(next, error);
      }
      queue.shift();
      stuck = false;
      retryMs = FIRST_RETRY_MS;
    }
    sending = false;
    changed();
  };
  addEventListener("online", () => void drain());

  return {
    /** @param {Decision} decision */
    add(decision) {
      settle();
      recent = decision;
      grace = setTimeout(settle, GRACE_MS);
      changed();
    },
    /** Takes the newest back, unless it is on its way. */
    undo() {
      clearTimeout(grace);
      const taken = recent;
      recent = undefined;
      changed();
      return taken;
    },
    flush: settle,
    retryNow: () => void drain(),
    /** The page goes away: what waits is sent with it. */
    leave() {
      settle();
      for (const decision of queue) void send(decision, true).catch(() => {});
    },
    get recent() {
      return recent;
    },
    get waiting() {
      return queue.length;
    },
    get stuck() {
      return stuck;
    },
  };
}
