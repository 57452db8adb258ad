import type { EventId } from "../../model.ts";
import type { WorkRef } from "../../store/port.ts";

/** Of the day the test runs on: real stores refuse ids of other times. */
const TIME = Date.now().toString(16).padStart(12, "0");

/** UUIDv7s that say which they are. */
export function eventId(n: number): EventId {
  return `${TIME.slice(0, 8)}-${TIME.slice(8)}-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

export function refOf(n: number, feedbackSeq = 0): WorkRef {
  return { tenant: "team-a", id: eventId(n), feedbackSeq };
}
