export {
  type Dropped,
  type DropReason,
  HookError,
  type HookErrorCode,
  type HookEvents,
  type Lane,
  type Refused,
  type Sent,
} from "./events.ts";
export type { FeedbackGiven, RecordInput, RetentionPoint, TestOutcome, When } from "./given.ts";
export { createHook, type Hook } from "./hook.ts";
export type { HookOptions } from "./options.ts";
export type { HookStats } from "./tally.ts";
