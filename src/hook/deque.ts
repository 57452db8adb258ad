/** First in, first out, without moving what waits. Gives memory back when it is empty. */
export class Deque<T> {
  #slots: (T | undefined)[] = new Array(16);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(value: T): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = value;
    this.#size += 1;
  }

  peek(): T | undefined {
    return this.#size === 0 ? undefined : this.#slots[this.#head];
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const value = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#size -= 1;
    if (this.#size === 0 && this.#slots.length > 1024) this.#slots = new Array(16);
    if (this.#size === 0) this.#head = 0;
    return value;
  }

  #grow(): void {
    const before = this.#slots;
    const after: (T | undefined)[] = new Array(before.length * 2);
    for (let index = 0; index < this.#size; index++) {
      after[index] = before[(this.#head + index) & (before.length - 1)];
    }
    this.#slots = after;
    this.#head = 0;
  }
}
