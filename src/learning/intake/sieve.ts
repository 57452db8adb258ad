import type { ItemResult } from "../../api/learning/results.ts";
import type { FilterResult } from "../privacy/port.ts";
import type { AcceptOutcome } from "../store/port.ts";
import { IntakeUnavailable } from "./errors.ts";
import { type Checked, refused } from "./item.ts";

/** An item of a batch that is still in, and its place there. */
export interface Entry<T> {
  readonly index: number;
  readonly item: T;
}

/** Passes each entry through a check. What is refused gets its result in its place; the others go on. */
export function sieve<T, U>(
  results: ItemResult[],
  entries: readonly Entry<T>[],
  check: (item: T, position: number) => Checked<U>,
): readonly Entry<U>[] {
  const left: Entry<U>[] = [];
  for (const [position, { index, item }] of entries.entries()) {
    const checked = check(item, position);
    if (checked.ok) left.push({ index, item: checked.item });
    else results[index] = checked.result;
  }
  return left;
}

/** What is said of a text that could not be redacted. The filter's own words stay inside: they were made beside the text. */
export function notRedacted(id: string, { reason }: FilterResult & { ok: false }): ItemResult {
  switch (reason) {
    case "TooLarge":
      return refused(id, "TooLarge", "it is too large to be redacted");
    case "TooSlow":
      return refused(id, "NotRedactable", "it could not be redacted within its budget of time");
    case "InvalidPattern":
      return refused(id, "NotRedactable", "a pattern of the policy is not valid");
    case "Failed":
      return refused(id, "NotRedactable", "it could not be redacted");
  }
}

export function settled(id: string, outcome: AcceptOutcome | "unknown"): ItemResult {
  switch (outcome) {
    case "created":
      return { id, status: 201 };
    case "duplicate":
      return { id, status: 200 };
    case "conflict":
      return refused(id, "Conflict", "this id came before with another body");
    case "erased":
      return refused(id, "Erased", "this person asked to be forgotten");
    case "outsideWindow":
      return outsideWindow(id, "id");
    case "unknown":
      return refused(id, "UnknownInteraction", "there is no such interaction");
  }
}

export function outsideWindow(id: string, field: "id" | "at"): ItemResult {
  return refused(id, "OutsideWindow", `${field}: its time lies outside the last 7 days and the next 5 minutes`);
}

/** One of two lists that another part of ours promised to be of the same length. */
export function answerAt<T>(answers: readonly T[], position: number): T {
  const answer = answers[position];
  if (answer === undefined) throw new IntakeUnavailable("fewer answers came than were asked for");
  return answer;
}
