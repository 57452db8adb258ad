/**
 * Memory of long texts, used again from message to message: a thread pays more for fresh memory, page by page and in
 * collections of garbage, than for what it writes into it. What was in it before is still there, and never read.
 */
export class SpareMemory {
  readonly #most: number;
  readonly #idle: NodeJS.Timeout | undefined;
  #buffers: ArrayBuffer[] = [];

  /** Keeps at most so many bytes; where `idleMs` is given, none once nothing was kept anew for so long. */
  constructor(most: number, idleMs?: number) {
    this.#most = most;
    if (idleMs !== undefined) this.#idle = setTimeout(() => this.takeAll().forEach(free), idleMs).unref();
  }

  get bytes(): number {
    return this.#buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** At least so many bytes, with anything in them. */
  take(bytes: number): ArrayBuffer {
    const [least] = this.#buffers
      .filter(({ byteLength }) => byteLength >= bytes)
      .sort((a, b) => a.byteLength - b.byteLength);
    // Not filled with zeros first: for twenty megabytes that alone is one step of several milliseconds.
    if (least === undefined) return Buffer.allocUnsafeSlow(bytes).buffer;
    this.#buffers = this.#buffers.filter((buffer) => buffer !== least);
    return least;
  }

  keep(buffer: ArrayBuffer): void {
    if (this.bytes + buffer.byteLength > this.#most) free(buffer);
    else {
      this.#buffers.push(buffer);
      this.#idle?.refresh();
    }
  }

  /** All that is kept, which then is kept no longer. */
  takeAll(): ArrayBuffer[] {
    const buffers = this.#buffers;
    this.#buffers = [];
    return buffers;
  }
}

/** Now, not when a collector comes by. */
function free(buffer: ArrayBuffer): void {
  buffer.transfer(0);
}
