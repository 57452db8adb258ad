/** Bytes of request bodies that are being read or worked on. What does not fit is refused at once, not queued: a queue is memory, too. */
export class ByteBudget {
  readonly #max: number;
  #used = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get used(): number {
    return this.#used;
  }

  /** Undefined: there is no room now. */
  reserve(bytes: number): Reservation | undefined {
    if (this.#used + bytes > this.#max) return undefined;
    this.#used += bytes;
    return new Reservation(() => {
      this.#used -= bytes;
    });
  }
}

/** Held by the connection, and by the work on its body, which goes on when the client has gone: free once both are done. */
export class Reservation {
  readonly #free: () => void;
  #holders = 1;

  constructor(free: () => void) {
    this.#free = free;
  }

  hold(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#free();
  }
}
