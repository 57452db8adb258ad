import { setTimeout as sleep } from "node:timers/promises";
import type { FeedbackInput } from "../../src/api/learning/feedback.ts";
import type { InteractionInput } from "../../src/api/learning/interaction.ts";
import type { BatchResult } from "../../src/api/learning/results.ts";
import { feedbackOn, interactions } from "../../src/testing/interactions.ts";

export interface LoadOptions {
  readonly url: () => string;
  readonly key: string;
  readonly seed: number;
  readonly canaries: readonly string[];
  /** Items of one request; 20 unless told. */
  readonly batch?: number;
  /** Between two requests of one sender, in milliseconds; 20 unless told. */
  readonly pause?: number;
}

/**
 * Sends interactions and feedback on them, as agents do: what was not answered is sent again under the same id, and
 * now and then a request is sent twice, or feedback ahead of its interaction.
 */
export class Load {
  readonly #options: LoadOptions;
  readonly #stopping = new AbortController();
  readonly #senders: Promise<void>[] = [];
  /** Ids answered as stored. */
  readonly accepted = new Set<string>();
  /** Ids answered as refused for good, with the code. */
  readonly refused = new Map<string, string>();
  readonly feedbackAccepted = new Set<string>();
  /** Requests that got no answer, or were told to come again. */
  repeated = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    for (let index = 0; index < 4; index += 1) this.#senders.push(this.#send(options.seed * 10 + index));
  }

  /** Takes nothing new, and resolves once all that was begun is answered. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#senders);
  }

  async #send(seed: number): Promise<void> {
    const { canaries, batch = 20, pause = 20 } = this.#options;
    const stream = interactions({ seed, canaries });
    for (let turn = 0; !this.#stopping.signal.aborted; turn += 1) {
      const items: InteractionInput[] = Array.from({ length: batch }, () => stream.next().value);
      // Apart for each sender: two that met at one seed within one millisecond would make the same id twice.
      const first = seed * 1_000_000 + turn * batch;
      const feedback = items.flatMap((item, index) => feedbackOn(item, { seed: first + index }));
      const early = turn % 7 === 3 ? feedback.splice(0, 2) : [];
      await Promise.all([this.#deliver("interactions", items), this.#deliver("feedback", early)]);
      if (turn % 5 === 2) await this.#deliver("interactions", [...items].reverse());
      await this.#deliver("feedback", feedback);
      await sleep(pause);
    }
  }

  /** Until each item is answered for good. */
  async #deliver(
    what: "interactions" | "feedback",
    items: readonly (InteractionInput | FeedbackInput)[],
  ): Promise<void> {
    let left = items;
    for (let tries = 0; left.length > 0; tries += 1) {
      if (tries > 2000) throw new Error(`${left.length} ${what} were never answered`);
      const answered = await this.#post(what, left);
      const again: (InteractionInput | FeedbackInput)[] = [];
      left.forEach((item, index) => {
        const result = answered?.results[index];
        if (result !== undefined && result.id === item.id && this.#settle(what, result)) return;
        again.push(item);
      });
      left = again;
      if (left.length > 0) {
        this.repeated += 1;
        await sleep(50);
      }
    }
  }

  #settle(what: "interactions" | "feedback", { id, status, code }: BatchResult["results"][number]): boolean {
    if (status === 200 || status === 201) {
      (what === "interactions" ? this.accepted : this.feedbackAccepted).add(id);
      return true;
    }
    if (status === 503 || status === 429 || status === 404) return false;
    this.refused.set(id, code ?? String(status));
    return true;
  }

  async #post(what: string, items: readonly object[]): Promise<BatchResult | undefined> {
    try {
      const answer = await fetch(`${this.#options.url()}/v1/${what}`, {
        method: "POST",
        headers: { authorization: `Bearer ${this.#options.key}`, "content-type": "application/json" },
        body: JSON.stringify({ [what]: items }),
        signal: AbortSignal.timeout(5000),
      });
      if (answer.status !== 207) {
        await answer.body?.cancel();
        if (answer.status === 429 || answer.status >= 500) return undefined;
        throw new Refused(`${what} answered ${answer.status}`);
      }
      return (await answer.json()) as BatchResult;
    } catch (error) {
      if (error instanceof Refused) throw error;
      return undefined;
    }
  }
}

/** An answer that no repetition can change. */
class Refused extends Error {}
