import type { Clock, Milliseconds } from "../../kube/clock.ts";
import type { Log } from "../../kube/log.ts";
import type { Instant } from "../model.ts";
import type { WorkRef, WorkStore } from "../store/port.ts";
import { errorCode } from "./error-code.ts";

/** Where the relay brings refs to, and what it must know of it. */
export interface Transport {
  send(refs: readonly WorkRef[]): Promise<void>;
  /** How many more it takes; it is only a hint of the table, so it need not hold all of it. */
  room(): Promise<number>;
  /** Age of the oldest that is there and not settled; 0 when nothing is. */
  oldestAgeMs(): Promise<Milliseconds>;
}

export interface RelayOptions {
  readonly work: Pick<WorkStore, "relay">;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  /** Looks for rows that nobody nudged for (their process died), this often. */
  readonly everyMs?: Milliseconds;
  /** Sends again what was sent longer ago than this and is no longer in the transport: it was lost there. */
  readonly resendAfterMs?: Milliseconds;
  readonly batch?: number;
  readonly onSent?: (count: number) => void;
}

/** An entry may be this much younger than its row's time of sending: one call to a slow transport. */
const SENDING_MS = 10_000;
/** Nudges that come closer together than this are one pass. */
const COALESCE_MS = 10;
const BACKOFF = { base: 100, cap: 5000 };

/**
 * Moves rows of work to a transport that may forget them. One loop: what was never sent goes when nudged or by the
 * timer; what was sent, is not there any more and is still work goes again. So losing the transport whole loses nothing.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #everyMs: Milliseconds;
  readonly #resendAfterMs: Milliseconds;
  readonly #batch: number;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #wake: (() => void) | undefined;
  #retry: (() => void) | undefined;
  /** Since when somebody waits for a pass. */
  #nudgedAt: Milliseconds | undefined;
  /** When the transport was found to have lost what it had, until that is made good. */
  #lostAt: Instant | undefined;
  #resentAt: Milliseconds;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#everyMs = options.everyMs ?? 1000;
    this.#resendAfterMs = options.resendAfterMs ?? 15_000;
    this.#batch = options.batch ?? 500;
    this.#resentAt = options.clock.elapsed();
    this.#ended = this.#loop(this.#stopping.signal);
  }

  nudge(): void {
    this.#nudgedAt ??= this.#options.clock.elapsed();
    this.#wake?.();
  }

  /** The transport may be there again: does not wait out a backoff. */
  retry(): void {
    this.#retry?.();
  }

  /** The transport lost what it had: everything that was sent until now and is still work goes again. */
  lost(): void {
    this.#lostAt = this.#options.clock.now();
    this.nudge();
  }

  /** How long somebody has waited for a relay that has not come yet. */
  get lagMs(): Milliseconds {
    return this.#nudgedAt === undefined ? 0 : this.#options.clock.elapsed() - this.#nudgedAt;
  }

  async close(): Promise<void> {
    this.#stopping.abort(new Error("the relay was closed"));
    await this.#ended;
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      if (failures > 0) await this.#pause(Math.min(BACKOFF.cap, BACKOFF.base * 2 ** failures), "retry");
      else if (this.#nudgedAt !== undefined) await this.#pause(COALESCE_MS);
      else await this.#pause(this.#everyMs, "nudge");
      if (signal.aborted) return;
      const nudged = this.#nudgedAt ?? clock.elapsed();
      this.#nudgedAt = undefined;
      try {
        await this.#pass();
        if (failures > 0) log.info({ failures }, "work is relayed again");
        failures = 0;
      } catch (error) {
        // Whoever nudged still waits: the lag goes on from there.
        this.#nudgedAt = nudged;
        if (failures === 0) log.warn({ code: errorCode(error) }, "work could not be relayed; trying again");
        failures = Math.min(failures + 1, 10);
      }
    }
  }

  async #pass(): Promise<void> {
    const { work, transport, clock, onSent } = this.#options;
    const sentBefore = await this.#sentBefore();
    for (let room = await transport.room(); room > 0; ) {
      const limit = Math.min(room, this.#batch);
      const sent = await work.relay(limit, sentBefore, (refs) => transport.send(refs), clock.now());
      onSent?.(sent);
      room -= sent;
      if (sent < limit || this.#stopping.signal.aborted) return;
    }
  }

  async #sentBefore(): Promise<number> {
    const { transport, clock } = this.#options;
    if (this.#lostAt !== undefined) {
      const lostAt = this.#lostAt;
      this.#lostAt = undefined;
      return lostAt;
    }
    if (clock.elapsed() - this.#resentAt < this.#resendAfterMs) return 0;
    const oldest = await transport.oldestAgeMs();
    this.#resentAt = clock.elapsed();
    // Entries are in the order of sending: what was sent before the oldest one that is there cannot be there.
    return clock.now() - Math.max(this.#resendAfterMs, oldest === 0 ? 0 : oldest + SENDING_MS);
  }

  #pause(ms: Milliseconds, endedBy?: "nudge" | "retry"): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        this.#stopping.signal.removeEventListener("abort", end);
        this.#wake = undefined;
        this.#retry = undefined;
        resolve();
      };
      const cancel = this.#options.clock.setTimer(ms, end);
      this.#stopping.signal.addEventListener("abort", end, { once: true });
      if (endedBy === "nudge") this.#wake = end;
      if (endedBy === "retry") this.#retry = end;
    });
  }
}
