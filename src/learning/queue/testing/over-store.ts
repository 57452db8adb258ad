import { systemClock } from "../../../runtime/clock.ts";
import type { Store, WorkRef, WorkStore } from "../../store/port.ts";
import { feedback, idAt, interaction, score } from "../../store/testing/sample.ts";
import type { WorkQueue } from "../port.ts";
import { replayDead } from "../replay.ts";
import type { QueueUnderTest } from "./conformance.ts";

/** Any queue over a real store, which is closed with it. */
export function overStore(
  store: Store,
  consumer: (work: WorkStore, name: string) => WorkQueue,
  dispose: () => Promise<void> = async () => {},
): QueueUnderTest {
  const consumers: WorkQueue[] = [];
  return {
    consumer: () => {
      const made = consumer(store.work, `consumer-${consumers.length}`);
      consumers.push(made);
      return made;
    },
    accept: (refs) => acceptAll(store, refs),
    assess: async (refs) => {
      await store.assessments.put(
        refs.map((ref) => score(ref, { feedbackSeq: ref.feedbackSeq })),
        systemClock.now(),
      );
    },
    dead: async () => (await store.work.dead(undefined, 100)).items,
    replay: (nudged) => replayDead(store.work, nudged, undefined, systemClock.now()),
    [Symbol.asyncDispose]: async () => {
      for (const each of consumers) await each.close();
      await store.close();
      await dispose();
    },
  };
}

/** Accepts interactions, and as much feedback on them as their refs tell. */
export async function acceptAll(store: Store, refs: readonly WorkRef[]): Promise<void> {
  const now = systemClock.now();
  const facts = { at: now };
  await store.interactions.accept(
    refs.map(({ tenant, id }) => interaction({ tenant, id, facts })),
    now,
  );
  for (const ref of refs) {
    const [loaded] = await store.interactions.load([ref]);
    for (let seq = loaded?.interaction.feedbackSeq ?? 0; seq < ref.feedbackSeq; seq++)
      await store.interactions.acceptFeedback([feedback(ref, undefined, { id: idAt(now) })], now);
  }
}
