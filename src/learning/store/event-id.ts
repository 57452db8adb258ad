import type { EventId, Instant } from "../model.ts";

const DAY = 86_400_000;
/** Older ids are refused: the day they would lie in may be gone. */
export const WINDOW_BEFORE = 7 * DAY;
/** A clock may be this much ahead. A row far in the future would lie where no partition is. */
export const WINDOW_AFTER = 5 * 60_000;

/** The time that a UUIDv7 begins with. */
export function timeOf(id: EventId): Instant {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** Lies before every id of that millisecond and after all of earlier ones. */
export function lowestId(at: Instant): EventId {
  const hex = Math.max(Math.floor(at), 0).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

export function insideWindow(id: EventId, now: Instant): boolean {
  const at = timeOf(id);
  return at >= now - WINDOW_BEFORE && at <= now + WINDOW_AFTER;
}
