import type { FeedbackItem } from "./item.ts";

/** Feedback waits here until its interaction, recorded by this hook, is stored: sent before it, it would be refused. */
export class Pairing {
  readonly #waiting = new Map<string, FeedbackItem[]>();

  begin(interactionId: string): void {
    this.#waiting.set(interactionId, []);
  }

  /** False: its interaction is not on its way from here. */
  holds(item: FeedbackItem): boolean {
    const others = this.#waiting.get(item.body.interactionId);
    others?.push(item);
    return others !== undefined;
  }

  /** What waited for it. */
  end(interactionId: string): readonly FeedbackItem[] {
    const waited = this.#waiting.get(interactionId) ?? [];
    this.#waiting.delete(interactionId);
    return waited;
  }
}
