/** Shapes for the type checker alone. Their one source is the wire schemas. */
import type * as reviews from "../../../api/learning/reviews.ts";

export type Item = reviews.ReviewItemView;
export type ReviewList = reviews.ReviewListView;
export type Counts = ReviewList["counts"];
export type Lease = reviews.ReviewLeaseView;
export type Content = reviews.ReviewContent;
export type Feedback = reviews.ReviewFeedback;
export type Code = Content["code"][number];
export type Change = NonNullable<Code["edited"]>;
export type Hunk = Extract<Change, { state: "compared" }>["hunks"][number];
export type SessionInfo = reviews.ReviewSession;
export type Calibration = reviews.ReviewCalibration;

/** A leased item, with what there is to read of it. */
export interface Held {
  readonly item: Item;
  readonly token: string;
  readonly content: Content;
  readonly leaseMs: number;
  /** When the lease ends, by performance.now(); every renewal moves it. */
  endsAt: number;
}

/** What a reviewer made up their mind about. */
export interface Decision {
  readonly held: Held;
  readonly verdict: "include" | "exclude";
  /** 1 to 5. */
  readonly score: number | undefined;
  readonly note: string;
}
