import { z } from "zod";

/** Why an item was not accepted. Stable: clients decide by it whether trying again can help. */
export const REFUSALS = {
  /** The item does not fit the schema; the message names the field, never its value. */
  Invalid: 400,
  /** The key may not do this. */
  Forbidden: 403,
  /** Feedback for an interaction that is not there (yet). Trying again later can help. */
  UnknownInteraction: 404,
  /** The same id came before with another body. */
  Conflict: 409,
  /** The person asked to be forgotten. */
  Erased: 410,
  /** A field or the whole item is too large. */
  TooLarge: 413,
  /** The id's time lies outside the last 7 days and the next 5 minutes. */
  OutsideWindow: 422,
  /** No QualityPolicy serves this model. */
  UnknownModel: 422,
  /** The privacy filter could not finish within its budget. Nothing was stored. */
  NotRedactable: 422,
  /** Too many requests by this key. */
  RateLimited: 429,
  /** No policy has arrived yet, a store is down, or the service sheds load. Try again. */
  Unavailable: 503,
} as const;

export type Refusal = keyof typeof REFUSALS;
export const refusal = z.enum(Object.keys(REFUSALS) as [Refusal, ...Refusal[]]);

/** What became of one item of a batch, in the order of the batch. */
export const itemResult = z.strictObject({
  id: z.string().max(64).describe("The item's id, or an empty string where it had none that could be read."),
  status: z.int().describe("201 stored, 200 stored before, else as the code says."),
  code: refusal.exactOptional(),
  message: z.string().exactOptional(),
});

export const batchResult = z.strictObject({ results: z.array(itemResult) });
export type ItemResult = z.output<typeof itemResult>;
export type BatchResult = z.output<typeof batchResult>;

/** Every error of the API that concerns a whole request (RFC 9457's fields, plus a stable code). */
export const problem = z.strictObject({
  status: z.int(),
  code: z.string(),
  title: z.string(),
  detail: z.string().exactOptional(),
});
export type Problem = z.output<typeof problem>;
