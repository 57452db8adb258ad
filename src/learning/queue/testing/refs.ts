import type { EventId } from "../../model.ts";
import type { WorkRef } from "../../store/port.ts";

/** Ids that look like ours and say which they are. */
export function eventId(n: number): EventId {
  return `0192f000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

export function refOf(n: number, feedbackSeq = 0): WorkRef {
  return { tenant: "team-a", id: eventId(n), feedbackSeq };
}
