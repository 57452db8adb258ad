import { systemClock } from "../../../runtime/clock.ts";
import type { WorkStore } from "../../store/port.ts";
import type { WorkQueue } from "../port.ts";
import { replayDead } from "../replay.ts";
import type { QueueUnderTest } from "./conformance.ts";
import { MemoryStore, scoreOf } from "./memory-store.ts";

/** Any queue over a table in memory. */
export function overMemory(consumer: (work: WorkStore, name: string) => WorkQueue): QueueUnderTest {
  const store = new MemoryStore();
  const consumers: WorkQueue[] = [];
  return {
    consumer: () => {
      const made = consumer(store.work, `consumer-${consumers.length}`);
      consumers.push(made);
      return made;
    },
    accept: async (refs) => {
      for (const ref of refs) store.accept(ref, systemClock.now());
    },
    assess: async (refs) => {
      await store.assessments.put((await store.interactions.load(refs)).map(scoreOf), systemClock.now());
    },
    dead: async () => (await store.work.dead(undefined, 100)).items,
    replay: (nudged) => replayDead(store.work, nudged, undefined, systemClock.now()),
    [Symbol.asyncDispose]: async () => {
      for (const each of consumers) await each.close();
    },
  };
}
