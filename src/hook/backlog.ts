import type { Clock } from "./clock.ts";
import { Deque } from "./deque.ts";
import type { Item } from "./item.ts";

/** Items that are sent together once more: the same batch, or a half of one. */
export interface Group {
  readonly items: readonly Item[];
  /** Not sent before (by the clock that never goes back). */
  readonly due: number;
  /** How often the server failed on these together. */
  readonly failures: number;
}

export interface BatchLimits {
  readonly items: number;
  /** UTF-16 units; a single item may be larger. */
  readonly units: number;
  /** How long the first of a batch waits for others. */
  readonly intervalMs: number;
}

/** What waits in one lane: the fresh, in order, and groups to be sent again. */
export class Backlog {
  readonly #limits: BatchLimits;
  readonly #clock: Clock;
  readonly #fresh = new Deque<Item>();
  #freshUnits = 0;
  #freshSince = 0;
  #again: Group[] = [];
  #freshFirst = false;

  constructor(limits: BatchLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** True: a batch is full. */
  push(item: Item): boolean {
    if (this.#fresh.size === 0) this.#freshSince = this.#clock.elapsed();
    this.#fresh.push(item);
    this.#freshUnits += item.units;
    return this.#full;
  }

  again(group: Group): void {
    if (group.items.length > 0) this.#again.push(group);
  }

  halves({ items, failures }: Group, due: number): void {
    const middle = Math.ceil(items.length / 2);
    this.again({ items: items.slice(0, middle), due, failures });
    this.again({ items: items.slice(middle), due, failures });
  }

  /** After a failure those have their turn who did not fail. */
  preferFresh(fresh: boolean): void {
    this.#freshFirst = fresh;
  }

  /** When something is due; Infinity: nothing waits. */
  dueAt(hurried: boolean): number {
    const fresh =
      this.#fresh.size === 0 ? Infinity : hurried || this.#full ? 0 : this.#freshSince + this.#limits.intervalMs;
    return this.#again.reduce((due, group) => Math.min(due, group.due), fresh);
  }

  take(): Group {
    const now = this.#clock.elapsed();
    const index = this.#again.findIndex((group) => group.due <= now);
    if (index >= 0 && !(this.#freshFirst && this.#fresh.size > 0)) {
      const [group] = this.#again.splice(index, 1);
      if (group !== undefined) return group;
    }
    return { items: this.#takeFresh(now), due: 0, failures: 0 };
  }

  /** Makes all that waits due. */
  hurry(): void {
    this.#again = this.#again.map((group) => ({ ...group, due: 0 }));
  }

  drain(): Item[] {
    const items = this.#again.flatMap((group) => group.items);
    for (let item = this.#fresh.shift(); item !== undefined; item = this.#fresh.shift()) items.push(item);
    this.#again = [];
    this.#freshUnits = 0;
    return items;
  }

  get #full(): boolean {
    return this.#fresh.size >= this.#limits.items || this.#freshUnits >= this.#limits.units;
  }

  #takeFresh(now: number): Item[] {
    const items: Item[] = [];
    let units = 0;
    for (let next = this.#fresh.peek(); next !== undefined; next = this.#fresh.peek()) {
      if (items.length >= this.#limits.items || (items.length > 0 && units + next.units > this.#limits.units)) break;
      this.#fresh.shift();
      units += next.units;
      items.push(next);
    }
    this.#freshUnits -= units;
    this.#freshSince = now;
    return items;
  }
}
