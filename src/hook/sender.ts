import { Budget } from "./budget.ts";
import type { Clock } from "./clock.ts";
import type { DropReason, HookError } from "./events.ts";
import { Flattener } from "./flattener.ts";
import { Flushes } from "./flushes.ts";
import type { FeedbackItem, InteractionItem, Item } from "./item.ts";
import { Lane, type LaneListener } from "./lane.ts";
import type { Settings } from "./options.ts";
import { Pairing } from "./pairing.ts";
import type { QuietEmitter } from "./quiet-emitter.ts";
import { type HookStats, Tally } from "./tally.ts";
import type { Transport } from "./transport.ts";
import type { Outcome } from "./verdict.ts";

export interface Surroundings {
  readonly clock: Clock;
  readonly random: () => number;
  readonly transport: Transport;
}

/** Everything that waits or is on its way, from the moment it was copied until it is stored or dropped. */
export class Sender implements LaneListener {
  readonly tally = new Tally();
  readonly #events: QuietEmitter;
  readonly #surroundings: Surroundings;
  readonly #budget: Budget;
  readonly #pairing = new Pairing();
  readonly #interactions: Lane;
  readonly #feedback: Lane;
  readonly #flushes: Flushes;
  readonly #flattener: Flattener;
  readonly #drops = new Map<DropReason, number>();
  #trouble: string | undefined;

  constructor(settings: Settings, surroundings: Surroundings, events: QuietEmitter) {
    const { patience, batch } = settings;
    const shared = { ...surroundings, patience, batch, tally: this.tally };
    this.#events = events;
    this.#surroundings = surroundings;
    this.#budget = new Budget(settings.maxItems, settings.maxBytes);
    this.#interactions = new Lane({ ...shared, name: "interactions" }, this);
    this.#feedback = new Lane({ ...shared, name: "feedback" }, this);
    this.#flattener = new Flattener(surroundings.clock);
    this.#flushes = new Flushes(
      surroundings.clock,
      [this.#interactions, this.#feedback],
      () => this.#budget.items === 0,
    );
  }

  admits(kind: Item["kind"], bytes: number): boolean {
    return this.#budget.admits(kind, bytes);
  }

  addInteraction(item: InteractionItem): void {
    this.#budget.take(item.bytes);
    this.#flattener.add(item);
    this.#pairing.begin(item.id);
    this.#interactions.push(item);
  }

  addFeedback(item: FeedbackItem): void {
    this.#budget.take(item.bytes);
    this.#flattener.add(item);
    if (!this.#pairing.holds(item)) this.#feedback.push(item);
  }

  /** Counts at once and tells soon: no listener runs inside the agent's call. */
  drop(reason: DropReason): void {
    this.tally.drop(reason);
    if (this.#drops.size === 0) this.#surroundings.clock.setTimer(0, () => this.#tellDrops());
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + 1);
  }

  flush(deadlineMs: number): Promise<boolean> {
    return this.#flushes.start(deadlineMs);
  }

  async close(deadlineMs: number): Promise<boolean> {
    const whole = await this.flush(deadlineMs);
    this.#surroundings.transport.close();
    await this.#interactions.stop();
    await this.#feedback.stop();
    this.#tellDrops();
    return whole;
  }

  stats(): HookStats {
    const { recorded, sent, dropped, requests, sentBytes, retried, leftOut } = this.tally;
    return {
      ...{ recorded, sent, dropped, droppedFor: this.tally.droppedFor() },
      ...{ queued: this.#budget.items, queuedBytes: this.#budget.bytes },
      ...{ requests, sentBytes, retried, leftOut, listenerErrors: this.#events.listenerErrors },
    };
  }

  stored(items: readonly Item[]): void {
    this.#trouble = undefined;
    this.tally.sent += items.length;
    for (const item of items) {
      this.#budget.give(item.bytes);
      if (item.kind === "interaction") for (const waited of this.#pairing.end(item.id)) this.#feedback.push(waited);
    }
    const lane = items[0]?.kind === "feedback" ? "feedback" : "interactions";
    this.#events.emit("sent", { lane, ids: items.map((item) => item.id) });
  }

  dropped(item: Item, reason: DropReason): void {
    this.#budget.give(item.bytes);
    this.drop(reason);
    if (item.kind === "feedback") return;
    for (const waited of this.#pairing.end(item.id))
      this.dropped(waited, reason === "closed" ? "closed" : "interactionDropped");
  }

  refused(item: Item, { status, code, message }: Extract<Outcome, { kind: "refused" }>): void {
    this.dropped(item, "refused");
    const lane = item.kind === "feedback" ? "feedback" : "interactions";
    this.#events.emit("refused", { lane, id: item.id, status, code, message });
  }

  trouble(error: HookError): void {
    if (this.#trouble === error.code) return;
    this.#trouble = error.code;
    this.#events.emit("error", error);
  }

  turned(): void {
    this.#flushes.look();
  }

  #tellDrops(): void {
    const drops = [...this.#drops];
    this.#drops.clear();
    for (const [reason, count] of drops) this.#events.emit("dropped", { reason, count });
  }
}
