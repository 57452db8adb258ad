import { describe } from "vitest";
import { accepting } from "./conformance/accepting.ts";
import { assessing } from "./conformance/assessing.ts";
import { datasets } from "./conformance/datasets.ts";
import { erasing } from "./conformance/erasing.ts";
import { expiring } from "./conformance/expiring.ts";
import { givingFeedback } from "./conformance/feedback.ts";
import { querying } from "./conformance/querying.ts";
import { reviewing } from "./conformance/reviewing.ts";
import { rewriting } from "./conformance/rewriting.ts";
import { settings } from "./conformance/settings.ts";
import { summing } from "./conformance/summing.ts";
import { runningTasks } from "./conformance/tasks.ts";
import { working } from "./conformance/working.ts";
import type { MakeStore } from "./suite.ts";

/** What every Store does, whatever it is made of. */
export function storeConformance(name: string, make: MakeStore): void {
  describe(name, () => {
    accepting(make);
    givingFeedback(make);
    querying(make);
    rewriting(make);
    working(make);
    assessing(make);
    summing(make);
    reviewing(make);
    runningTasks(make);
    settings(make);
    datasets(make);
    erasing(make);
    expiring(make);
  });
}
