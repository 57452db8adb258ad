import { systemClock } from "../../runtime/clock.ts";
import { silentLog } from "../../testing/log.ts";
import { TableQueue } from "./table-queue.ts";
import { QUICK, queueConformance } from "./testing/conformance.ts";
import { overMemory } from "./testing/memory-queue.ts";

queueConformance("TableQueue over a table in memory", async () =>
  overMemory(
    (work, owner) => new TableQueue({ work, owner, clock: systemClock, log: silentLog, pollMs: 20, ...QUICK }),
  ),
);
