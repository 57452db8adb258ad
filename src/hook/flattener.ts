import type { Clock } from "./clock.ts";
import { Deque } from "./deque.ts";
import type { Item } from "./item.ts";

/** How long the agent's event loop may be held at a time. */
const SLICE_MS = 2;

/**
 * A text put together piece by piece, as those that stream in are, takes some ten bytes a character in V8 until somebody
 * looks into it; then one or two. Looking takes time by length, so it happens after the agent's call, not in it.
 */
export class Flattener {
  readonly #clock: Clock;
  readonly #waiting = new Deque<Item>();
  #scheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(item: Item): void {
    this.#waiting.push(item);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.setTimer(0, () => this.#slice());
  }

  #slice(): void {
    const until = this.#clock.elapsed() + SLICE_MS;
    for (let item = this.#waiting.shift(); item !== undefined; item = this.#waiting.shift()) {
      for (const text of texts(item)) text?.charCodeAt(0);
      if (this.#clock.elapsed() > until) break;
    }
    this.#scheduled = false;
    if (this.#waiting.size > 0) this.#schedule();
  }
}

function texts(item: Item): readonly (string | undefined)[] {
  if (item.kind === "feedback")
    return item.body.type === "edit" ? [item.body.after] : item.body.type === "comment" ? [item.body.text] : [];
  const { input, output, reasoning, history = [], code = [] } = item.body;
  const turns = history.map((turn) => turn.content);
  return [input, output, reasoning, ...turns, ...code.flatMap((block) => [block.before, block.after])];
}
