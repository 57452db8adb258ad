import type { Instant } from "../model.ts";
import { SESSION_LIMITS } from "./session.ts";

const MOST = 10_000;

/**
 * Sessions that were logged out of, until they would have ended anyway. Kept by this process alone: to every other
 * replica a stolen copy stays good until it ends or its key is revoked, which reaches all of them at once.
 */
export function endedSessions(now: () => Instant) {
  const until = new Map<string, Instant>();
  return {
    add(sessionId: string, startedAt: Instant): void {
      const at = now();
      for (const [id, end] of until) {
        if (end > at && until.size < MOST) break; // Insertion order is close to the order in which they end.
        until.delete(id);
      }
      until.set(sessionId, startedAt + SESSION_LIMITS.absoluteMs);
    },
    has: (sessionId: string): boolean => until.has(sessionId),
  };
}
