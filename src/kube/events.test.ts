import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/clock.ts";
import { silentLog } from "../testing/log.ts";
import { World } from "../testing/world.ts";
import { EventRecorder } from "./events.ts";
import { refTo } from "./object.ts";
import type { CoreEvent } from "./resources.ts";

const about = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "team-a", uid: "u1" } };
const trained = { type: "Normal", reason: "Trained", message: "in 4 min" } as const;

function stage() {
  const clock = new ManualClock();
  const world = new World({ clock });
  const api = world.connect();
  const recorder = new EventRecorder({ api, clock, log: silentLog, component: "qi-learning-test" });
  return { clock, world, api, recorder, events: () => world.objects("Event") as CoreEvent[] };
}

describe("an event recorder", () => {
  it("counts repeats up instead of writing another", async () => {
    const { recorder, events } = stage();
    for (let n = 0; n < 3; n += 1) recorder.record(about, trained);
    recorder.record(about, { ...trained, message: "in 5 min" });
    await recorder.flush();
    expect(
      events()
        .map((event) => [event.message, event.count])
        .sort(),
    ).toEqual([
      ["in 4 min", 3],
      ["in 5 min", 1],
    ]);
    expect(events()[0]?.involvedObject).toMatchObject({ kind: "ConfigMap", name: "a", uid: "u1" });
  });

  it("writes anew when the server has dropped the event", async () => {
    const { recorder, events, api } = stage();
    recorder.record(about, trained);
    await recorder.flush();
    const [first] = events();
    if (first !== undefined) await api.remove(refTo(first));
    recorder.record(about, trained);
    await recorder.flush();
    expect(events()).toHaveLength(1);
  });

  it("writes no more than 25 in a burst about one object, and one in five minutes after that", async () => {
    const { clock, recorder, api } = stage();
    const many = async () => {
      for (let n = 0; n < 100; n += 1) recorder.record(about, { ...trained, message: `${clock.elapsed()} ${n}` });
      await recorder.flush();
      return api.writes.length;
    };
    expect(await many()).toBe(25);
    await clock.advance(300_000);
    expect(await many()).toBe(26);
  });

  it("never fails, and goes on after the server did", async () => {
    const { clock, world } = stage();
    const api = world.connect();
    let down = true;
    const flaky: typeof api = {
      ...api,
      create: (object, options) => (down ? Promise.reject(new Error("503")) : api.create(object, options)),
    };
    const recorder = new EventRecorder({ api: flaky, clock, log: silentLog, component: "c" });
    recorder.record(about, trained);
    await recorder.flush();
    down = false;
    recorder.record(about, trained);
    await recorder.flush();
    expect(world.objects("Event")).toHaveLength(1);
  });
});
