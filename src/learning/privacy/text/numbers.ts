const FIRST_CAPACITY = 1024;

/** Whole numbers, of which there may be millions: four bytes each, and nothing for a collector of garbage to look through. */
export class Numbers {
  #numbers = new Int32Array(FIRST_CAPACITY);
  #length = 0;

  push(number: number): void {
    if (this.#length === this.#numbers.length) this.#numbers = grown(this.#numbers);
    this.#numbers[this.#length] = number;
    this.#length += 1;
  }

  /** Those that were pushed so far. */
  all(): Int32Array {
    return this.#numbers.subarray(0, this.#length);
  }
}

/** The same numbers with room for as many more. */
export function grown(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const more = new Int32Array(2 * numbers.length);
  more.set(numbers);
  return more;
}

/** How many of the first `length` of numbers in growing order are less than one. */
export function countBelow(numbers: Int32Array, limit: number, length = numbers.length): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
