import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "../testing/clock.ts";
import type { Answer, Unanswered } from "./answer.ts";
import { HookError } from "./events.ts";
import { settle } from "./options.ts";
import { QuietEmitter } from "./quiet-emitter.ts";
import { Sender } from "./sender.ts";
import { EventIds } from "./uuidv7.ts";

interface Wire {
  readonly id: string;
  readonly interactionId?: string;
}

/** How a server may treat one request. */
const TREATMENTS = [
  "ok",
  "500",
  "503",
  "413",
  "400",
  "dead",
  "reset",
  "garbage",
  "empty",
  "some",
  "none",
  "lost",
] as const;
type Treatment = (typeof TREATMENTS)[number];

/** A server that treats requests as a script says, then well. Remembers what it stored, and what it should not have seen. */
class World {
  readonly stored = new Map<string, string>();
  readonly wrongs: string[] = [];
  readonly poison = new Set<string>();
  requests = 0;
  readonly #script: readonly Treatment[];

  constructor(script: readonly Treatment[]) {
    this.#script = script;
  }

  async post(path: string, chunks: readonly Buffer[]): Promise<Answer | Unanswered> {
    const items = (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, Wire[]>)[path.slice(3)] ?? [];
    const treatment = this.#script[this.requests++] ?? "ok";
    if (items.some((item) => this.poison.has(item.id))) return answer(500);
    switch (treatment) {
      case "500":
      case "503":
        return answer(Number(treatment));
      case "413":
      case "400":
        return items.length > 1 ? answer(Number(treatment)) : this.#take(items);
      case "dead":
        return { error: new HookError("Unreachable", "dead"), suspect: false };
      case "reset":
        return { error: new HookError("ConnectionLost", "reset"), suspect: true };
      case "garbage":
        return answer(200, "<html>");
      case "empty":
        return answer(200, '{"results":[]}');
      case "some":
        return this.#take(items, (index) => index % 2 === 0);
      case "none":
        return this.#take(items, () => false);
      case "lost":
        this.#take(items);
        return { error: new HookError("ConnectionLost", "answer lost"), suspect: true };
      case "ok":
        return this.#take(items);
    }
  }

  #take(items: readonly Wire[], takes: (index: number) => boolean = () => true): Answer {
    const results = items.map((item, index) => {
      if (!takes(index)) return { id: item.id, status: 503, code: "Unavailable" };
      if (item.interactionId !== undefined && !this.stored.has(item.interactionId)) {
        this.wrongs.push(`feedback ${item.id} came before its interaction`);
        return { id: item.id, status: 404, code: "UnknownInteraction" };
      }
      const body = JSON.stringify(item);
      if ((this.stored.get(item.id) ?? body) !== body) this.wrongs.push(`${item.id} changed`);
      this.stored.set(item.id, body);
      return { id: item.id, status: 201 };
    });
    return answer(207, JSON.stringify({ results }));
  }
}

const answer = (status: number, body = ""): Answer => ({ status, retryAfter: undefined, body });

function started(script: readonly Treatment[], batchItems = 7) {
  const world = new World(script);
  const clock = new ManualClock();
  const ids = new EventIds();
  const options = { url: "http://server", apiKey: "key", servedModel: "m", batchItems, maxQueuedItems: 200 };
  const transport = {
    post: (path: string, body: { chunks: readonly Buffer[] }) => world.post(path, body.chunks),
    close() {},
  };
  // As Node's do, timers fire a little before their time.
  const early = {
    now: () => clock.now(),
    elapsed: () => clock.elapsed(),
    setTimer: (ms: number, fire: () => void) => clock.setTimer(ms > 1 ? ms - 1 : ms, fire),
  };
  const sender = new Sender(settle(options), { clock: early, random: () => 0.5, transport }, new QuietEmitter());
  const untried = { units: 100, bytes: 100, attempts: 0, tries: 0, strikes: 0, struckAt: -1 };
  const add = (about?: string): string => {
    const id = ids.next(clock.now());
    sender.tally.recorded += 1;
    if (!sender.admits(about === undefined ? "interaction" : "feedback", 100)) sender.drop("full");
    else if (about === undefined) sender.addInteraction({ kind: "interaction", id, body: { id } as never, ...untried });
    else sender.addFeedback({ kind: "feedback", id, body: { id, interactionId: about } as never, ...untried });
    return id;
  };
  return { world, clock, sender, add };
}

const step = fc.oneof(
  { arbitrary: fc.constant("record" as const), weight: 6 },
  { arbitrary: fc.constant("feedback" as const), weight: 4 },
  { arbitrary: fc.integer({ min: 1, max: 5000 }), weight: 1 },
);

test("whatever the server does, everything is stored once or dropped with a reason, feedback after its interaction", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...TREATMENTS), { maxLength: 40 }),
      fc.array(step, { maxLength: 120 }),
      async (script, steps) => {
        const { world, clock, sender, add } = started(script);
        const recorded: string[] = [];
        for (const what of steps) {
          if (typeof what === "number") await clock.advance(what);
          else if (what === "record") recorded.push(add());
          else if (recorded.length > 0) add(recorded[(recorded.length * 7) % recorded.length]);
          const { recorded: all, sent, dropped, queued } = sender.stats();
          expect(sent + dropped + queued).toBe(all);
        }
        for (let waits = 0; sender.stats().queued > 0 && waits < 200; waits++) await clock.advance(30_000);
        const { queued, queuedBytes, sent } = sender.stats();
        expect({ queued, queuedBytes, wrongs: world.wrongs }).toEqual({ queued: 0, queuedBytes: 0, wrongs: [] });
        expect(world.stored.size).toBeGreaterThanOrEqual(sent);
      },
    ),
    { numRuns: 150 },
  );
});

test("an outage loses nothing but what finds no room", async () => {
  const { world, clock, sender, add } = started(Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? "500" : "dead")));
  for (let n = 0; n < 150; n++) add();
  await clock.advance(600_000);
  for (let n = 0; n < 150; n++) add();
  for (let waits = 0; sender.stats().queued > 0 && waits < 100; waits++) await clock.advance(30_000);
  expect(world.stored.size).toBe(180);
  expect(sender.stats()).toMatchObject({ sent: 180, dropped: 120, droppedFor: { full: 120 } });
});

test("one item on which the server fails holds up no other, and is dropped in the end", async () => {
  const { world, clock, sender, add } = started([]);
  const ids = Array.from({ length: 50 }, () => add());
  world.poison.add(ids[20] ?? "");
  for (let minute = 0; minute < 60; minute++) {
    add();
    await clock.advance(60_000);
  }
  expect(sender.stats()).toMatchObject({ sent: 109, dropped: 1, droppedFor: { serverFailed: 1 }, queued: 0 });
});

test("feedback of an interaction that was dropped is dropped with it", async () => {
  const { world, clock, sender, add } = started([]);
  const id = add();
  world.poison.add(id);
  add(id);
  for (let minute = 0; minute < 60; minute++) {
    add();
    await clock.advance(60_000);
  }
  expect(sender.stats().droppedFor).toMatchObject({ serverFailed: 1, interactionDropped: 1 });
});

test("feedback for an interaction that nobody knows is tried for about two minutes", async () => {
  const { clock, sender, add } = started([]);
  add(new EventIds().next(clock.now()));
  await clock.advance(60_000);
  expect(sender.stats()).toMatchObject({ queued: 1, dropped: 0 });
  await clock.advance(120_000);
  expect(sender.stats()).toMatchObject({ queued: 0, droppedFor: { unknownInteraction: 1 } });
});

test("room is kept for feedback when interactions have filled theirs", () => {
  const { sender, add } = started([]);
  const ids = Array.from({ length: 300 }, () => add());
  expect(sender.stats().queued).toBe(180);
  add(ids[0]);
  expect(sender.stats().queued).toBe(181);
});
