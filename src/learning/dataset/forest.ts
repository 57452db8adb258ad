/** Union-find over rows: which belong together. 4 bytes a row. A set's root is its least row, whatever order it grew in. */
export class Forest {
  readonly #parents: Uint32Array;

  constructor(rows: number) {
    this.#parents = new Uint32Array(rows);
    for (let row = 0; row < rows; row++) this.#parents[row] = row;
  }

  find(row: number): number {
    const parents = this.#parents;
    let at = row;
    for (let parent = parents[at] ?? at; parent !== at; parent = parents[at] ?? at) {
      const grandparent = parents[parent] ?? parent;
      parents[at] = grandparent;
      at = grandparent;
    }
    return at;
  }

  join(one: number, other: number): void {
    const a = this.find(one);
    const b = this.find(other);
    if (a < b) this.#parents[b] = a;
    else this.#parents[a] = b;
  }
}
