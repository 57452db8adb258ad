import { afterAll, beforeAll } from "vitest";
import type { Store } from "../port.ts";
import type { Row } from "../sql/database.ts";
import type { SettableClock } from "./settable-clock.ts";

/** A store of its own, with what a test needs to look behind it. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  readonly clock: SettableClock;
  /** Asks the database itself, in Postgres' words. */
  rows(sql: string, ...params: (string | number | null)[]): Promise<readonly Row[]>;
  /** Names of the files, on disk, that hold these bytes. */
  filesWith(needle: string): Promise<readonly string[]>;
  /** A second store over the same data, as another process has it; undefined where there can be only one. */
  another(): Promise<Store | undefined>;
}

export type MakeStore = () => Promise<StoreUnderTest>;

/** Made before the tests of a `describe`, gone after them. */
export function ownStore(make: MakeStore): { readonly tested: StoreUnderTest; readonly store: Store } {
  let made: StoreUnderTest | undefined;
  beforeAll(async () => {
    made = await make();
  });
  afterAll(() => made?.[Symbol.asyncDispose]());
  const tested = () => {
    if (made === undefined) throw new Error("the store is there only while tests run");
    return made;
  };
  return {
    get tested() {
      return tested();
    },
    get store() {
      return tested().store;
    },
  };
}
