import type { Redis } from "ioredis";
import type { Milliseconds } from "../../../kube/clock.ts";
import type { WorkRef } from "../../store/port.ts";
import { formatRef } from "../reference.ts";
import { redisCode } from "./connection.ts";
import { entries, infoReply, pendingReply, pendingSummary, readReply, timeOf } from "./replies.ts";

const GROUP = "workers";
const FIELD = "ref";
/** Entries looked at in one claim; those that are left are the next claim's. */
const CLAIM_WINDOW = 200;
/** How long a reason is kept for the case that the next worker dies of the work and can give none. */
const REASON_SECONDS = 3600;
/** A consumer that held nothing and said nothing for so long was a process that is gone. */
const CONSUMER_GONE_MS = 3_600_000;

export interface Entry {
  readonly id: string;
  /** As it was added; undefined: trimmed, or not ours. */
  readonly ref: string | undefined;
  /** This time included. */
  readonly deliveries: number;
}

export interface Waiting {
  readonly id: string;
  /** This time not included. */
  readonly deliveries: number;
}

/**
 * One Redis Stream, `cl:{assess}:work`, read by one group. Entries are never deleted one by one (XDEL makes the lag of
 * the group wrong): what is below the oldest that anybody still needs is trimmed.
 */
export class WorkStream {
  readonly #redis: Redis;
  readonly #key: string;
  readonly #consumer: string;
  /** Held for so long without a word, an entry may be claimed by another. */
  readonly #holdMs: Milliseconds;

  constructor(redis: Redis, options: { prefix: string; consumer: string; holdMs: Milliseconds }) {
    this.#redis = redis;
    this.#key = `${options.prefix}:{assess}:work`;
    this.#consumer = options.consumer;
    this.#holdMs = options.holdMs;
  }

  async add(refs: readonly WorkRef[]): Promise<void> {
    const pipeline = this.#redis.pipeline();
    for (const ref of refs) pipeline.xadd(this.#key, "*", FIELD, formatRef(ref));
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
  }

  /** True when it was not there. From the stream's beginning: what was added before the group is work too. */
  async createGroup(): Promise<boolean> {
    try {
      await this.#redis.xgroup("CREATE", this.#key, GROUP, "0", "MKSTREAM");
      return true;
    } catch (error) {
      if (redisCode(error) === "BUSYGROUP") return false;
      throw error;
    }
  }

  /** New entries; blocks the connection that it is given. */
  async read(blocking: Redis, count: number, blockMs: Milliseconds): Promise<readonly Entry[]> {
    const reply = readReply.parse(
      await blocking.xreadgroup(
        "GROUP",
        GROUP,
        this.#consumer,
        "COUNT",
        count,
        "BLOCK",
        Math.max(1, Math.round(blockMs)),
        "STREAMS",
        this.#key,
        ">",
      ),
    );
    return (reply?.[0]?.[1] ?? []).flatMap((entry) => (entry === null ? [] : [asEntry(entry, 1)]));
  }

  /** What has been held for too long, or was given back: by id, so the oldest first. */
  async waiting(): Promise<readonly Waiting[]> {
    const reply = await this.#redis.xpending(this.#key, GROUP, "IDLE", this.#holdMs, "-", "+", CLAIM_WINDOW);
    return pendingReply.parse(reply).map(([id, , , deliveries]) => ({ id, deliveries }));
  }

  /** Takes over those of `waiting` that nobody else took in between. */
  async claim(waiting: readonly Waiting[]): Promise<readonly Entry[]> {
    if (waiting.length === 0) return [];
    const ids = waiting.map(({ id }) => id);
    const reply = await this.#redis.xclaim(this.#key, GROUP, this.#consumer, this.#holdMs, ...ids);
    const times = new Map(waiting.map(({ id, deliveries }) => [id, deliveries + 1]));
    return entries.parse(reply).flatMap((entry) => (entry === null ? [] : [asEntry(entry, times.get(entry[0]) ?? 1)]));
  }

  async settle(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#redis.xack(this.#key, GROUP, ...ids);
  }

  /**
   * Makes entries claimable in `afterMs`, by saying that they have been idle for the rest of the hold. One that another
   * has claimed meanwhile may so be handed out once more, which does no harm.
   */
  async giveBack(ids: readonly string[], afterMs: Milliseconds): Promise<void> {
    if (ids.length === 0) return;
    const idle = Math.max(0, Math.round(this.#holdMs - afterMs));
    await this.#redis.xclaim(this.#key, GROUP, this.#consumer, 0, ...ids, "IDLE", idle, "JUSTID");
  }

  async rememberReason(id: string, reason: string): Promise<void> {
    await this.#redis.set(`${this.#key}:why:${id}`, reason, "EX", REASON_SECONDS);
  }

  async lastReason(id: string): Promise<string | undefined> {
    return (await this.#redis.get(`${this.#key}:why:${id}`)) ?? undefined;
  }

  /** How many were handed out and are not settled; those that failed and wait to be tried again among them. */
  async unsettled(): Promise<number> {
    const [count] = pendingSummary.parse(await this.#redis.xpending(this.#key, GROUP));
    return count;
  }

  async length(): Promise<number> {
    return this.#redis.xlen(this.#key);
  }

  /** By the server's own clock, which made the ids. */
  async oldestAgeMs(): Promise<Milliseconds> {
    const { delivered, pending } = await this.#horizon();
    const oldest = pending ?? (await this.#redis.xrange(this.#key, `(${delivered}`, "+", "COUNT", 1))[0]?.[0];
    if (oldest === undefined) return 0;
    const [seconds, micros] = await this.#redis.time();
    return Math.max(1, Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) - timeOf(oldest));
  }

  /** Drops what all have settled, and the names of consumers that are gone. */
  async tidy(): Promise<void> {
    const { delivered, pending } = await this.#horizon();
    await this.#redis.xtrim(this.#key, "MINID", "~", pending ?? delivered);
    for (const consumer of infoReply.parse(await this.#redis.xinfo("CONSUMERS", this.#key, GROUP))) {
      const name = consumer.get("name");
      if (typeof name !== "string" || name === this.#consumer || consumer.get("pending") !== 0) continue;
      if (Number(consumer.get("idle")) > CONSUMER_GONE_MS) {
        await this.#redis.xgroup("DELCONSUMER", this.#key, GROUP, name);
      }
    }
  }

  /** Last id handed out, then the oldest unsettled one: in this order, what is handed out in between lies above both. */
  async #horizon(): Promise<{ delivered: string; pending: string | undefined }> {
    const groups = await this.#groups();
    if (groups === undefined) return { delivered: "0-0", pending: undefined };
    const delivered = groups.find((group) => group.get("name") === GROUP)?.get("last-delivered-id");
    if (typeof delivered !== "string") return { delivered: "0-0", pending: undefined };
    const [, lowest] = pendingSummary.parse(await this.#redis.xpending(this.#key, GROUP));
    return { delivered, pending: lowest ?? undefined };
  }

  async #groups() {
    try {
      return infoReply.parse(await this.#redis.xinfo("GROUPS", this.#key));
    } catch (error) {
      // There is no stream yet.
      if (redisCode(error) === "ERR") return undefined;
      throw error;
    }
  }
}

function asEntry([id, fields]: readonly [string, readonly string[] | null], deliveries: number): Entry {
  return { id, ref: fields?.[0] === FIELD ? fields[1] : undefined, deliveries };
}
