import { systemClock } from "../../runtime/clock.ts";
import { silentLog } from "../../testing/log.ts";
import type { WorkStore } from "../store/port.ts";
import { TableQueue } from "./table-queue.ts";
import { QUICK, queueConformance } from "./testing/conformance.ts";
import { overMemory } from "./testing/memory-queue.ts";
import { overStore } from "./testing/over-store.ts";
import { temporarySqlite } from "./testing/sqlite.ts";

const consumer = (work: WorkStore, owner: string) =>
  new TableQueue({ work, owner, clock: systemClock, log: silentLog, pollMs: 20, ...QUICK });

// What most tests here stand on has to be as good as the real one.
queueConformance("TableQueue over a table in memory", async () => overMemory(consumer));

queueConformance("TableQueue over SQLite", async () => {
  const { store, remove } = await temporarySqlite();
  return overStore(store, consumer, remove);
});
