/** Interactions leave this share free for feedback, which is small and says more about what already waits. */
const SHARE_OF_INTERACTIONS = 0.9;

/** How much may wait or be on its way, counted in items and in bytes. */
export class Budget {
  readonly #maxItems: number;
  readonly #maxBytes: number;
  #items = 0;
  #bytes = 0;

  constructor(maxItems: number, maxBytes: number) {
    this.#maxItems = maxItems;
    this.#maxBytes = maxBytes;
  }

  get items(): number {
    return this.#items;
  }

  get bytes(): number {
    return this.#bytes;
  }

  admits(kind: "interaction" | "feedback", bytes: number): boolean {
    const share = kind === "interaction" ? SHARE_OF_INTERACTIONS : 1;
    return this.#items + 1 <= Math.max(1, this.#maxItems * share) && this.#bytes + bytes <= this.#maxBytes * share;
  }

  take(bytes: number): void {
    this.#items += 1;
    this.#bytes += bytes;
  }

  give(bytes: number): void {
    this.#items -= 1;
    this.#bytes -= bytes;
  }
}
