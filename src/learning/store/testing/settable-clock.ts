import type { Instant } from "../../model.ts";
import { NOW } from "./sample.ts";

/** Stands still until it is set. */
export class SettableClock {
  at: Instant = NOW;
  readonly now = (): Instant => this.at;
}
