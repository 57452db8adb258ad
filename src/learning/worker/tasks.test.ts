import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock, settle } from "../../testing/clock.ts";
import { silentLog } from "../../testing/log.ts";
import { TaskFailed, TaskPostponed } from "./task-errors.ts";
import { startTaskRunner, type TaskHandler, type TaskRunner } from "./tasks.ts";
import { MemoryTasks } from "./testing/memory-tasks.ts";

describe("the task runner", () => {
  let clock: ManualClock;
  let tasks: MemoryTasks;
  let runners: TaskRunner[];
  const start = (handler: TaskHandler, owner = "one", lasting = new Set<string>()) => {
    const runner = startTaskRunner({ tasks, handlers: { dataset: handler }, lasting, owner, clock, log: silentLog });
    runners.push(runner);
    return runner;
  };
  const create = (id: string) =>
    tasks.create({ id, tenant: "team-a", kind: "dataset", input: { asOf: 1 } }, clock.now());
  const stateOf = async (id: string) => tasks.get("team-a", id);
  beforeEach(() => {
    clock = new ManualClock();
    tasks = new MemoryTasks();
    runners = [];
  });
  afterEach(async () => {
    const stopped = runners.map((runner) => runner.stop(0));
    await clock.advance(0);
    await Promise.all(stopped);
  });

  it("runs what is created, one after the other, and keeps the result", async () => {
    const seen: unknown[] = [];
    const runner = start(async ({ id, input }) => {
      seen.push([id, input]);
      return { sha256: "5be2" };
    });
    await create("a");
    await create("b");
    runner.nudge();
    await clock.advance(10);
    expect(seen).toEqual([
      ["a", { asOf: 1 }],
      ["b", { asOf: 1 }],
    ]);
    expect(await stateOf("a")).toMatchObject({ state: "succeeded", result: { sha256: "5be2" }, attempts: 1 });
  });

  it("keeps the lease of one that takes long, and tells its progress", async () => {
    let finish = () => {};
    start(async (_, { heartbeat }) => {
      heartbeat(0.4);
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return "done";
    });
    start(async () => "the other", "two");
    await create("a");
    await clock.advance(600_000);
    expect(await stateOf("a")).toMatchObject({ state: "running", attempts: 1, progress: 0.4 });
    finish();
    await settle();
    expect(await stateOf("a")).toMatchObject({ state: "succeeded", result: "done" });
  });

  it("aborts when the lease went to another, and keeps nothing of it", async () => {
    let reason: unknown;
    start(
      (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            reason = signal.reason;
            resolve("too late");
          });
        }),
    );
    await create("a");
    await clock.advance(5000);
    tasks.steal("a", "two");
    await clock.advance(30_000);
    expect(reason).toMatchObject({ code: "LeaseLost" });
    expect(await stateOf("a")).toMatchObject({ state: "running", result: undefined });
  });

  it("outlasts a store that is away for less than a lease, and not for more", async () => {
    let aborted = 0;
    start(
      (_, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            aborted++;
            reject(signal.reason);
          });
        }),
    );
    await create("a");
    await clock.advance(25_000);
    tasks.away = true;
    await clock.advance(35_000);
    tasks.away = false;
    await clock.advance(60_000);
    expect(aborted).toBe(0);
    tasks.away = true;
    await clock.advance(61_000);
    expect(aborted).toBe(1);
  });

  it("does not give up a lasting one that may still succeed: it rests, and others go before it", async () => {
    let tries = 0;
    const again = async () => {
      tries++;
      throw new TaskFailed("StoreFull", "no room", { retryable: true });
    };
    start(again, "one", new Set(["dataset"]));
    await create("a");
    await clock.advance(500_000);
    expect(tries).toBe(5);
    expect(await stateOf("a")).toMatchObject({ state: "waiting", error: "StoreFull: no room" });
    await clock.advance(600_000);
    expect(tries).toBeGreaterThan(5);
    expect(await stateOf("a")).toMatchObject({ state: "waiting" });
  });

  it("does not give up a lasting one whose worker was stopped or lost, however often", async () => {
    const lasting = new Set(["dataset"]);
    let tries = 0;
    const waiting: TaskHandler = (_, { signal }) =>
      new Promise((_resolve, reject) => {
        tries++;
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    await create("a");
    for (let rollout = 1; rollout <= 7; rollout++) {
      const runner = start(waiting, `stopped-${rollout}`, lasting);
      await clock.advance(10);
      const stopped = runner.stop(1000);
      await clock.advance(10);
      await stopped;
      expect(tries).toBe(rollout);
      expect(await stateOf("a")).toMatchObject({ state: "waiting", attempts: 0 });
    }
    for (let death = 1; death <= 5; death++) await tasks.claim(["dataset"], `dead-${death}`, 0, clock.now());
    const done = start(async () => "done", "last", lasting);
    await clock.advance(10);
    expect(await stateOf("a")).toMatchObject({ state: "waiting", error: expect.stringContaining("WorkerLost") });
    await clock.advance(600_000);
    done.nudge();
    await clock.advance(10_000);
    expect(await stateOf("a")).toMatchObject({ state: "succeeded" });
  });

  it("gives up a lasting one that cannot succeed", async () => {
    const refused = async () => {
      throw new TaskFailed("Invalid", "no such person");
    };
    const runner = start(refused, "one", new Set(["dataset"]));
    await create("a");
    runner.nudge();
    await clock.advance(10_000);
    expect(await stateOf("a")).toMatchObject({ state: "failed", attempts: 1 });
  });

  it("shows the reason that a handler gives, and of other errors only the code", async () => {
    const runner = start(async ({ id }) => {
      if (id === "a") throw new TaskFailed("TooSmall", "12 of at least 50 examples");
      throw new RangeError("cannot use 'my secret text'");
    });
    await create("a");
    await create("b");
    runner.nudge();
    await clock.advance(120_000);
    expect(await stateOf("a")).toMatchObject({
      state: "failed",
      attempts: 1,
      error: "TooSmall: 12 of at least 50 examples",
    });
    expect(await stateOf("b")).toMatchObject({ state: "failed", attempts: 5, error: "RangeError: the task broke off" });
  });

  it("tries again what may succeed later", async () => {
    let tries = 0;
    start(async () => {
      if (++tries < 3) throw new TaskFailed("Unavailable", "the store of artifacts is away", { retryable: true });
      return tries;
    });
    await create("a");
    await clock.advance(60_000);
    expect(await stateOf("a")).toMatchObject({ state: "succeeded", result: 3, attempts: 3 });
  });

  it("lets others go before one that must wait, as often as it takes, and counts no beginning of it", async () => {
    const begun: string[] = [];
    let ready = false;
    start(async ({ id }) => {
      begun.push(id);
      if (id === "a" && !ready) throw new TaskPostponed("TooEarly", "b comes first", 10_000);
      return "done";
    });
    await create("a");
    await create("b");
    await clock.advance(9_000);
    expect(begun).toEqual(["a", "b"]);
    expect(await stateOf("a")).toMatchObject({ state: "waiting", attempts: 0, error: "TooEarly: b comes first" });
    await clock.advance(90_000);
    expect(begun.length).toBeGreaterThan(7);
    ready = true;
    await clock.advance(12_000);
    expect(await stateOf("a")).toMatchObject({ state: "succeeded", attempts: 1, result: "done" });
  });

  it("gives up what killed its worker again and again", async () => {
    await create("a");
    for (let n = 0; n < 5; n++) {
      await tasks.claim(["dataset"], `dead-${n}`, 1000, clock.now());
      await clock.advance(1000);
    }
    let ran = false;
    start(async () => {
      ran = true;
    });
    await clock.advance(5000);
    expect(ran).toBe(false);
    expect(await stateOf("a")).toMatchObject({ state: "failed", error: /^WorkerLost/ });
  });

  it("hands what it runs on when it is stopped", async () => {
    const runner = start(
      (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("x")))),
    );
    await create("a");
    await clock.advance(5000);
    const stopped = runner.stop(10_000);
    await clock.advance(100);
    expect(await stopped).toBe("finished");
    expect(await stateOf("a")).toMatchObject({ state: "waiting", attempts: 0 });
  });

  it("does not wait for ever for a handler that does not hear", async () => {
    const runner = start(() => new Promise<never>(() => {}));
    await create("a");
    await clock.advance(5000);
    const stopped = runner.stop(10_000);
    await clock.advance(10_000);
    expect(await stopped).toBe("abandoned");
  });

  it("is alive while it is idle, while a task takes hours, and while the store is away", async () => {
    const runner = start(() => new Promise<never>(() => {}));
    await clock.advance(600_000);
    expect(runner.liveness()).toBeUndefined();
    tasks.away = true;
    await clock.advance(600_000);
    expect(runner.liveness()).toBeUndefined();
    tasks.away = false;
    await create("a");
    await clock.advance(3_600_000);
    expect(runner.liveness()).toBeUndefined();
  });
});
