import { describe } from "vitest";
import { accepting } from "./conformance/accepting.ts";
import type { MakeStore } from "./suite.ts";

/** What every Store does, whatever it is made of. */
export function storeConformance(name: string, make: MakeStore): void {
  describe(name, () => {
    accepting(make);
  });
}
