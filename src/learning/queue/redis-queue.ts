import type { Redis } from "ioredis";
import type { Clock, Milliseconds } from "../../kube/clock.ts";
import type { Log } from "../../kube/log.ts";
import type { Instant } from "../model.ts";
import type { WorkFigures, WorkRef, WorkStore } from "../store/port.ts";
import { lostReason, MAX_DELIVERIES, RETRY_DELAYS, type RetryDelays, retryDelay, SUSPECT_AFTER } from "./attempts.ts";
import { errorCode } from "./error-code.ts";
import type { QueueMetrics } from "./metrics.ts";
import type { Delivery, WorkQueue } from "./port.ts";
import { connectRedis, evictionPolicy, redisCode } from "./redis/connection.ts";
import { type Entry, WorkStream } from "./redis/stream.ts";
import { parseRef } from "./reference.ts";
import { Relay } from "./relay.ts";

export interface RedisQueueOptions {
  /** Of an instance of its own that never evicts. */
  readonly url: string;
  readonly work: WorkStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Unique to this process and this run of it: what a dead one held is told from what we hold. */
  readonly consumer: string;
  readonly metrics?: QueueMetrics;
  /** Begins every key; installs that share a server differ in it. */
  readonly prefix?: string;
  /** Longer than any batch takes. */
  readonly holdMs?: Milliseconds;
  readonly retry?: RetryDelays;
  readonly relayEveryMs?: Milliseconds;
  readonly resendAfterMs?: Milliseconds;
  /** How long to wait for a server that owes an answer. */
  readonly silenceMs?: Milliseconds;
  /** The stream holds no more than about this many; the rest waits in the table. */
  readonly streamLimit?: number;
}

/** Looks for what others held, and tidies up, this often. */
const CLAIM_EVERY_MS = 2000;
/** So much later than it can be claimed: the server's clock begins when it hears of the failure. */
const CLAIM_LATE_MS = 20;
const TIDY_EVERY_MS = 10_000;
/** A blocking read ends so often, so that silence means a dead connection and not an idle queue. */
const BLOCK_MS = 2000;
const RECONNECT_WAIT_MS = 100;

export class RedisQueue implements WorkQueue {
  readonly #options: RedisQueueOptions;
  readonly #holdMs: Milliseconds;
  readonly #commands: Redis;
  readonly #stream: WorkStream;
  readonly #relay: Relay;
  readonly #closing = new AbortController();
  /** Made by the first take: a process that only brings work needs none. */
  #blocking: Redis | undefined;
  /** The stream has its group: nothing is sent before, or it could not be told what was lost from what is there. */
  #grouped: Promise<void> = Promise.resolve();
  readonly #held = new Set<string>();
  #claimAt: Milliseconds;
  #tidyAt: Milliseconds;

  constructor(options: RedisQueueOptions) {
    this.#options = options;
    const { url, work, clock, log, metrics, silenceMs = 5000, streamLimit = 100_000 } = options;
    this.#holdMs = options.holdMs ?? 60_000;
    this.#claimAt = clock.elapsed();
    this.#tidyAt = clock.elapsed() + TIDY_EVERY_MS;
    this.#commands = connectRedis({
      url,
      role: "queue",
      log,
      silenceMs,
      onUp: (up) => metrics?.redisUp("queue", up),
    });
    this.#stream = new WorkStream(this.#commands, {
      prefix: options.prefix ?? "cl",
      consumer: options.consumer,
      holdMs: this.#holdMs,
    });
    const stream = this.#stream;
    this.#relay = new Relay({
      work,
      clock,
      log,
      transport: {
        send: (refs) => stream.add(refs),
        room: async () => {
          await this.#grouped;
          return streamLimit - (await stream.length());
        },
        oldestAgeMs: () => stream.oldestAgeMs(),
      },
      ...(options.relayEveryMs === undefined ? {} : { everyMs: options.relayEveryMs }),
      ...(options.resendAfterMs === undefined ? {} : { resendAfterMs: options.resendAfterMs }),
      ...(metrics === undefined ? {} : { onSent: (count) => metrics.relayed(count) }),
    });
    this.#commands.on("ready", () => {
      this.#grouped = this.#makeGroup().then(() => this.#relay.retry());
      void this.#checkEviction();
    });
    metrics?.watchRelay(() => this.#relay.lagMs);
  }

  nudge(): void {
    this.#relay.nudge();
  }

  async take(max: number, waitMs: number): Promise<readonly Delivery[]> {
    const { clock } = this.#options;
    const until = clock.elapsed() + waitMs;
    do {
      try {
        const taken = await this.#takeOnce(max, until);
        if (taken.length > 0) return taken;
      } catch (error) {
        await this.#recover(error, until);
      }
    } while (clock.elapsed() < until && !this.#closing.signal.aborted);
    return [];
  }

  async done(deliveries: readonly Delivery[]): Promise<void> {
    await this.#attempt("settle", () => this.#stream.settle(this.#letGo(deliveries)));
  }

  async failed(deliveries: readonly Delivery[], reason: string): Promise<void> {
    this.#letGo(deliveries);
    for (const { ref, deliveries: times, receipt } of deliveries) {
      if (times >= MAX_DELIVERIES) {
        await this.#attempt("bury", () => this.#bury(receipt, ref, reason, times));
        continue;
      }
      const delay = retryDelay(times, this.#options.retry ?? RETRY_DELAYS);
      this.#claimAt = Math.min(this.#claimAt, this.#options.clock.elapsed() + delay + CLAIM_LATE_MS);
      await this.#attempt("give back", async () => {
        await this.#stream.rememberReason(receipt, reason);
        await this.#stream.giveBack([receipt], delay);
      });
    }
  }

  /** The table's, which hold whatever Redis has lost; only what workers hold of it is told by Redis. */
  async figures(now: Instant): Promise<WorkFigures> {
    let unsettled = 0;
    await this.#attempt("count what is held", async () => {
      unsettled = await this.#stream.unsettled();
    });
    const figures = await this.#options.work.figures(now);
    // What is settled a moment later than its row is gone would be counted twice.
    const inFlight = Math.min(unsettled, figures.waiting);
    return { ...figures, waiting: figures.waiting - inFlight, inFlight };
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new Error("the queue was closed"));
    this.#blocking?.disconnect();
    await this.#relay.close();
    await this.#attempt("give back", () => this.#stream.giveBack([...this.#held], 0));
    this.#commands.disconnect();
  }

  async #takeOnce(max: number, until: Milliseconds): Promise<readonly Delivery[]> {
    const { clock } = this.#options;
    if (clock.elapsed() >= this.#claimAt) {
      this.#claimAt = clock.elapsed() + Math.min(CLAIM_EVERY_MS, this.#holdMs / 4);
      await this.#tidy();
      const claimed = await this.#claim(max);
      // There may be more: look again before anything new is taken.
      if (claimed.length > 0) this.#claimAt = clock.elapsed();
      if (claimed.length > 0) return claimed;
    }
    this.#blocking ??= this.#connectBlocking();
    const block = Math.min(until, this.#claimAt) - clock.elapsed();
    const fresh = await this.#stream.read(this.#blocking, max, Math.min(BLOCK_MS, block));
    return this.#hand(fresh);
  }

  /** What dead consumers held and what failed before. Each that may have killed its worker comes alone. */
  async #claim(max: number): Promise<readonly Delivery[]> {
    const waiting = await this.#stream.waiting();
    const spent = waiting.filter(({ deliveries }) => deliveries >= MAX_DELIVERIES);
    for (const entry of await this.#stream.claim(spent)) await this.#attempt("bury", () => this.#buryLost(entry));
    const left = waiting.filter(({ deliveries }) => deliveries < MAX_DELIVERIES);
    const harmless = left.filter(({ deliveries }) => deliveries <= SUSPECT_AFTER);
    return this.#hand(await this.#stream.claim(harmless.length > 0 ? harmless.slice(0, max) : left.slice(0, 1)));
  }

  async #hand(entries: readonly Entry[]): Promise<readonly Delivery[]> {
    const strange: string[] = [];
    const deliveries: Delivery[] = [];
    for (const entry of entries) {
      const ref = parseRef(entry.ref ?? "");
      if (ref === undefined) strange.push(entry.id);
      else deliveries.push({ ref, deliveries: entry.deliveries, receipt: entry.id });
    }
    for (const { receipt } of deliveries) this.#held.add(receipt);
    if (strange.length > 0) {
      this.#options.log.warn({ count: strange.length }, "the stream held entries that are not ours; dropped");
      await this.#attempt("settle", () => this.#stream.settle(strange));
    }
    return deliveries;
  }

  async #buryLost({ id, ref, deliveries }: Entry): Promise<void> {
    const parsed = parseRef(ref ?? "");
    if (parsed === undefined) return this.#stream.settle([id]);
    await this.#bury(id, parsed, lostReason(await this.#stream.lastReason(id)), deliveries - 1);
  }

  /** The row first: with the entry gone and the row not dead, it would only be sent again. */
  async #bury(id: string, ref: WorkRef, reason: string, deliveries: number): Promise<void> {
    await this.#options.work.bury(ref, reason, deliveries, this.#options.clock.now());
    await this.#stream.settle([id]);
  }

  async #recover(error: unknown, until: Milliseconds): Promise<void> {
    const { clock, log } = this.#options;
    if (this.#closing.signal.aborted) return;
    if (redisCode(error) === "NOGROUP") {
      await this.#makeGroup();
      return;
    }
    log.debug({ code: redisCode(error) }, "no work could be taken; trying again");
    const wait = Math.max(0, Math.min(RECONNECT_WAIT_MS, until - clock.elapsed()));
    await clock.sleep(wait, this.#closing.signal).catch(() => undefined);
  }

  async #makeGroup(): Promise<void> {
    await this.#attempt("create the group", async () => {
      // A stream that had none is new, and what an older one held is lost.
      if (await this.#stream.createGroup()) this.#relay.lost();
    });
  }

  async #tidy(): Promise<void> {
    const { clock } = this.#options;
    if (clock.elapsed() < this.#tidyAt) return;
    this.#tidyAt = clock.elapsed() + TIDY_EVERY_MS;
    await this.#attempt("tidy", () => this.#stream.tidy());
  }

  #connectBlocking(): Redis {
    const { url, log, metrics, silenceMs = 5000 } = this.#options;
    return connectRedis({
      url,
      role: "worker",
      log,
      silenceMs: BLOCK_MS + silenceMs,
      onUp: (up) => metrics?.redisUp("worker", up),
    });
  }

  async #checkEviction(): Promise<void> {
    await this.#attempt("ask for the eviction policy", async () => {
      const policy = await evictionPolicy(this.#commands);
      this.#options.metrics?.redisEvicts(policy !== undefined && policy !== "noeviction");
      if (policy === undefined || policy === "noeviction") return;
      this.#options.log.warn(
        { policy },
        "the queue's Redis evicts keys: give it an instance of its own with maxmemory-policy noeviction",
      );
    });
  }

  /** Redis is only a hint: what it could not be told, the end of the hold or the relay makes good. */
  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.log.debug({ what, code: errorCode(error), redis: redisCode(error) }, "the queue could not");
    }
  }

  #letGo(deliveries: readonly Delivery[]): readonly string[] {
    for (const { receipt } of deliveries) this.#held.delete(receipt);
    return deliveries.map(({ receipt }) => receipt);
  }
}
