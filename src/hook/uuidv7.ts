import { randomFillSync } from "node:crypto";

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const POOL_BYTES = 4096;
const COUNTER_LIMIT = 2 ** 26;
/**
 * A clock set back by less than this is waited out by counting on. Set back further, ids follow it: the API refuses ids
 * more than 5 minutes ahead of its own clock, and order among a process's ids matters less than being accepted.
 */
const LONGEST_LEAD_MS = 60_000;

export type FillRandom = (bytes: Uint8Array) => unknown;

/**
 * UUIDv7 (RFC 9562, method 1): 48 bits of time, a counter of 26 bits that begins anew at random below 2^25 in each
 * millisecond, 48 random bits. Grows with each call, and never needs more than a lookup table and a pool of random bytes.
 */
export class EventIds {
  readonly #fill: FillRandom;
  readonly #limit: number;
  readonly #pool = new Uint8Array(POOL_BYTES);
  #used = POOL_BYTES;
  #last = -1;
  #counter = 0;

  constructor(fill: FillRandom = randomFillSync, limit = COUNTER_LIMIT) {
    this.#fill = fill;
    this.#limit = limit;
  }

  next(now: number): string {
    if (now > this.#last || now < this.#last - LONGEST_LEAD_MS) this.#begin(now);
    else if (++this.#counter >= this.#limit) this.#begin(this.#last + 1);
    const high = Math.floor(this.#last / 65_536);
    const low = this.#last % 65_536;
    const counter = this.#counter;
    return (
      `${hex(high >>> 24)}${hex(high >>> 16)}${hex(high >>> 8)}${hex(high)}-${hex(low >>> 8)}${hex(low)}-` +
      `${hex(0x70 | (counter >>> 22))}${hex(counter >>> 14)}-${hex(0x80 | ((counter >>> 8) & 0x3f))}${hex(counter)}-` +
      `${hex(this.#byte())}${hex(this.#byte())}${hex(this.#byte())}${hex(this.#byte())}${hex(this.#byte())}${hex(this.#byte())}`
    );
  }

  #begin(ms: number): void {
    this.#last = ms;
    this.#counter = ((this.#byte() & 1) << 24) | (this.#byte() << 16) | (this.#byte() << 8) | this.#byte();
  }

  #byte(): number {
    if (this.#used >= POOL_BYTES) {
      this.#fill(this.#pool);
      this.#used = 0;
    }
    return this.#pool[this.#used++] ?? 0;
  }
}

function hex(value: number): string {
  return HEX[value & 0xff] ?? "";
}
