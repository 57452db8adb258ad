/** Why an item was not sent. Stable: dashboards count by it. */
export type DropReason =
  /** Handed over with a required part missing or of the wrong type, or reading it threw. */
  | "invalid"
  /** A required text is longer than the API takes, or the whole is, after all that can be left out was. */
  | "tooLarge"
  /** As many items, or bytes, wait as may. What waits longer keeps its place. */
  | "full"
  /** The hook was closed before it could be sent. */
  | "closed"
  /** The hook is switched off, or its options cannot be used. */
  | "disabled"
  /** The server refused it for good; the event `refused` says why. */
  | "refused"
  /** Feedback for an interaction that the server did not come to know in time. */
  | "unknownInteraction"
  /** Feedback for an interaction that was dropped. */
  | "interactionDropped"
  /** The server said "later" too often for this item alone. */
  | "gaveUp"
  /** The server failed on this item alone while it stored others. */
  | "serverFailed";

export type Lane = "interactions" | "feedback";

export interface Sent {
  readonly lane: Lane;
  readonly ids: readonly string[];
}

export interface Dropped {
  readonly reason: DropReason;
  readonly count: number;
}

export interface Refused {
  readonly lane: Lane;
  readonly id: string;
  readonly status: number;
  /** The API's stable code, or what the status is called where it gave none. */
  readonly code: string;
  readonly message: string;
}

export type HookErrorCode =
  /** No connection. */
  | "Unreachable"
  /** No connection or no answer within the time allowed. */
  | "TimedOut"
  /** The connection ended before the answer did. */
  | "ConnectionLost"
  /** 429 or 503: the server asks for patience. */
  | "Overloaded"
  /** Another 5xx. */
  | "ServerFailed"
  /** A success that does not say what became of the items. */
  | "UnexpectedAnswer"
  /** 401 or 403: the key is not good for this. Tried again now and then. */
  | "Unauthorized"
  /** A redirect, 404 or 405: this is not the learning API. Tried again now and then. */
  | "WrongAddress"
  /** The options cannot be used: nothing is sent. */
  | "Misconfigured";

/** What stands between the hook and the server. Never carries anything that was recorded, nor the key. */
export class HookError extends Error {
  override readonly name = "HookError";
  readonly code: HookErrorCode;

  constructor(code: HookErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export interface HookEvents {
  /** Stored by the server. */
  sent: [Sent];
  /** Not sent, with the reason; many at once where many were dropped in one turn. */
  dropped: [Dropped];
  /** Refused for good by the server, one item at a time. */
  refused: [Refused];
  /** Once for each kind of trouble in a row; sending goes on by itself. */
  error: [HookError];
}
