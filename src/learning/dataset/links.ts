import { closeSync, openSync, readSync, writeSync } from "node:fs";

/** Words of 32 bits: two of the key, one of the row. */
const ENTRY = 3;
const ENTRIES_PER_BLOCK = 2048;
const BLOCK = ENTRIES_PER_BLOCK * ENTRY;

/**
 * Keys of rows, on disk: whose rows share a key belong together. Entries lie in partitions by their key, so that only
 * one partition at a time is ever in memory.
 */
export class LinkFile implements Disposable {
  readonly #file: number;
  readonly #partitions: Partition[];
  #size = 0;

  /** `partitions` is a power of two. */
  constructor(path: string, partitions: number) {
    this.#file = openSync(path, "wx+", 0o600);
    this.#partitions = Array.from({ length: partitions }, () => new Partition());
  }

  add(high: number, low: number, row: number): void {
    const partition = this.#partitions[low & (this.#partitions.length - 1)];
    if (partition?.add(high, low, row)) this.#write(partition);
  }

  /** Every entry, partition by partition. */
  each(visit: (high: number, low: number, row: number) => void): void {
    for (const partition of this.#partitions) eachOf(this.#read(partition), visit);
  }

  /**
   * For every row whose key an earlier entry has: that entry's row, and this one. Entries of rows that `counts` denies
   * connect nothing. `pause` is awaited between partitions.
   */
  async pairs(
    visit: (first: number, row: number) => void,
    pause: () => Promise<void>,
    counts: (row: number) => boolean = () => true,
  ): Promise<void> {
    const seen = new FirstOfKey();
    for (const partition of this.#partitions) {
      const entries = this.#read(partition);
      seen.clear(entries.length / ENTRY);
      eachOf(entries, (high, low, row) => {
        if (!counts(row)) return;
        const first = seen.of(high, low, row);
        if (first !== row) visit(first, row);
      });
      await pause();
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  #write(partition: Partition): void {
    const bytes = partition.take();
    writeSync(this.#file, bytes, 0, bytes.length, this.#size);
    partition.blocks.push(this.#size);
    this.#size += bytes.length;
  }

  #read(partition: Partition): Uint32Array {
    const open = partition.open();
    const entries = new Uint32Array(partition.blocks.length * BLOCK + open.length);
    partition.blocks.forEach((position, index) => {
      const target = new Uint8Array(entries.buffer, index * BLOCK * 4, BLOCK * 4);
      if (readSync(this.#file, target, 0, target.length, position) !== target.length) {
        throw new Error("a spill file became shorter while it was read");
      }
    });
    entries.set(open, partition.blocks.length * BLOCK);
    return entries;
  }
}

function eachOf(entries: Uint32Array, visit: (high: number, low: number, row: number) => void): void {
  for (let at = 0; at < entries.length; at += ENTRY) {
    visit(entries[at] ?? 0, entries[at + 1] ?? 0, entries[at + 2] ?? 0);
  }
}

/** The block that is being filled, and where the full ones lie. */
class Partition {
  readonly blocks: number[] = [];
  readonly #entries = new Uint32Array(BLOCK);
  #used = 0;

  /** true: it is full. */
  add(high: number, low: number, row: number): boolean {
    this.#entries[this.#used] = high;
    this.#entries[this.#used + 1] = low;
    this.#entries[this.#used + 2] = row;
    this.#used += ENTRY;
    return this.#used === BLOCK;
  }
  take(): Uint8Array {
    this.#used = 0;
    return new Uint8Array(this.#entries.buffer);
  }
  open(): Uint32Array {
    return this.#entries.subarray(0, this.#used);
  }
}

/** Words of 32 bits of a slot: two of the key, one of the row + 1, which is 0 where the slot is free, and one spare. */
const SLOT = 4;

/** A hash table from keys to the row that came first with it. */
class FirstOfKey {
  #slots = new Uint32Array(0);
  #mask = 0;

  /** Forgets all, and has room for so many entries. */
  clear(entries: number): void {
    const size = 2 ** Math.ceil(Math.log2(2 * entries + 1));
    this.#mask = size - 1;
    if (this.#slots.length < SLOT * size) this.#slots = new Uint32Array(SLOT * size);
    else this.#slots.fill(0, 0, SLOT * size);
  }

  of(high: number, low: number, row: number): number {
    const slots = this.#slots;
    for (let slot = high & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * SLOT;
      const found = slots[at + 2] ?? 0;
      if (found === 0) {
        slots[at] = high;
        slots[at + 1] = low;
        slots[at + 2] = row + 1;
        return row;
      }
      if (slots[at] === high && slots[at + 1] === low) return found - 1;
    }
  }
}
