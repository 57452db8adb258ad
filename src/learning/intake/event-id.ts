import type { EventId, Instant } from "../model.ts";
import { WINDOW_AFTER, WINDOW_BEFORE } from "../store/event-id.ts";

/** Whether the store has a place for that time: partitions exist for these days only. */
export function withinWindow(time: Instant, now: Instant): boolean {
  return time >= now - WINDOW_BEFORE && time <= now + WINDOW_AFTER;
}

/** A UUIDv7 of that time whose other bits come from a hash: the same event gets the same id however often it is sent. */
export function derivedId(time: Instant, hash: string): EventId {
  const at = Math.max(0, Math.floor(time)).toString(16).padStart(12, "0").slice(-12);
  const variant = ((Number.parseInt(hash.slice(3, 4), 16) & 0x3) | 0x8).toString(16);
  const tail = `${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
  return `${at.slice(0, 8)}-${at.slice(8)}-7${hash.slice(0, 3)}-${tail}`;
}
