import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "./clock.ts";
import { ContextCapturer } from "./context.ts";
import { Copy, Unfit } from "./copy.ts";
import { copyFeedback } from "./copy-feedback.ts";
import { copyInteraction } from "./copy-interaction.ts";
import { type DropReason, HookError } from "./events.ts";
import type { FeedbackGiven, RecordInput, RetentionPoint, TestOutcome } from "./given.ts";
import { ITEM_BYTES } from "./item.ts";
import { bounded, type HookOptions, type Settings, settle, unreadable } from "./options.ts";
import { QuietEmitter } from "./quiet-emitter.ts";
import { Sender } from "./sender.ts";
import type { HookStats } from "./tally.ts";
import { openTransport } from "./transport.ts";
import { EventIds } from "./uuidv7.ts";

const FLUSH_MS = 5000;
const LONGEST_FLUSH_MS = 3_600_000;

/**
 * The collector that an agent embeds. No method throws, none waits for the network, and nothing here keeps the process
 * alive but a `flush` or `close` that is under way.
 */
export class Hook extends QuietEmitter {
  readonly #clock: Clock = systemClock;
  readonly #settings: Settings;
  readonly #sender: Sender;
  readonly #capturer: ContextCapturer | undefined;
  readonly #ids = new EventIds();
  readonly #sessionId: string;
  readonly #flushOnExit = () => void this.flush(this.#settings.flushOnExitMs);
  /** Why nothing is taken in. */
  #shut: DropReason | undefined;
  #closing: Promise<boolean> | undefined;

  constructor(options: HookOptions) {
    super();
    const settings = settled(options);
    this.#settings = settings;
    this.#sessionId = settings.sessionId ?? randomUUID();
    const transport = openTransport(settings);
    this.#sender = new Sender(settings, { clock: this.#clock, random: Math.random, transport }, this);
    const { problem } = settings;
    // Whoever opted out need not give what only a hook that sends needs.
    if (problem !== undefined && settings.enabled) this.#clock.setTimer(0, () => this.#tell(problem));
    if (problem !== undefined || !settings.enabled) {
      this.#shut = "disabled";
      return;
    }
    if (settings.context !== undefined) {
      this.#capturer = new ContextCapturer({ ...settings.context, clock: this.#clock });
      this.#capturer.latest();
    }
    if (settings.flushOnExitMs !== undefined) process.once("beforeExit", this.#flushOnExit);
  }

  /** Takes over one question and its answer. Returns its id, by which feedback names it, also when it had to be dropped. */
  record(interaction: RecordInput): string {
    const now = this.#clock.now();
    const id = this.#ids.next(now);
    this.#take("interaction", () => {
      const copy = new Copy();
      const captured = this.#capturer?.latest();
      const own = {
        servedModel: this.#settings.servedModel,
        modelVersion: this.#settings.modelVersion(),
        kind: this.#settings.kind,
        sessionId: this.#sessionId,
        subject: this.#settings.subject,
        repository: this.#settings.repository ?? captured?.repository,
        context: captured?.context,
        contextUnits: captured?.units ?? 0,
      };
      const body = copyInteraction(interaction, own, id, now, copy);
      const bytes = this.#weigh("interaction", copy);
      if (bytes === undefined) return "full";
      this.#sender.addInteraction({ kind: "interaction", body, ...untried(id, copy.units, bytes) });
      return undefined;
    });
    return id;
  }

  /** What became of an answer. Returns the feedback's own id. */
  feedback(interactionId: string, feedback: FeedbackGiven): string {
    return this.#feedback(interactionId, () => feedback);
  }

  /** The user's own judgement, 1 to 5. */
  rated(interactionId: string, rating: number): string {
    return this.feedback(interactionId, { type: "rating", rating });
  }

  accepted(interactionId: string, accepted = true): string {
    return this.feedback(interactionId, { type: "acceptance", accepted });
  }

  /** The code as the user left it. `block`: index into the interaction's `code`. */
  edited(interactionId: string, after: string, block = 0): string {
    return this.feedback(interactionId, { type: "edit", after, block });
  }

  /** `share` (0 to 1) of the accepted characters still stood at `point`, counted from the acceptance. */
  retained(interactionId: string, point: RetentionPoint, share: number): string {
    return this.feedback(interactionId, { type: "retention", point, share });
  }

  compiled(interactionId: string, succeeded: boolean): string {
    return this.feedback(interactionId, { type: "compile", succeeded });
  }

  tested(interactionId: string, outcome: boolean | TestOutcome): string {
    return this.#feedback(interactionId, () =>
      typeof outcome === "boolean" ? { type: "test", succeeded: outcome } : { ...outcome, type: "test" },
    );
  }

  deployed(interactionId: string, succeeded: boolean): string {
    return this.feedback(interactionId, { type: "deploy", succeeded });
  }

  commented(interactionId: string, text: string): string {
    return this.feedback(interactionId, { type: "comment", text });
  }

  /** Hash of the project's state as last captured; undefined before that, or with `context: false`. */
  get contextHash(): string | undefined {
    return this.#capturer?.contextHash;
  }

  isContextComplete(): boolean {
    return this.#capturer?.isContextComplete() ?? false;
  }

  /** Captures the project's state now, for instance after the branch has changed. */
  async refreshContext(): Promise<void> {
    await this.#capturer?.refresh();
  }

  /** Sends what is queued, and keeps the process alive meanwhile. True: nothing is left. Never rejects. */
  flush(deadlineMs?: number): Promise<boolean> {
    return this.#sender.flush(bounded(deadlineMs, FLUSH_MS, 0, LONGEST_FLUSH_MS));
  }

  /** Takes nothing more, flushes, and drops what is left at the deadline. True: nothing had to be dropped. Never rejects. */
  close(deadlineMs?: number): Promise<boolean> {
    this.#shut ??= "closed";
    this.#capturer?.close();
    process.removeListener("beforeExit", this.#flushOnExit);
    this.#closing ??= this.#sender.close(bounded(deadlineMs, FLUSH_MS, 0, LONGEST_FLUSH_MS));
    return this.#closing;
  }

  stats(): HookStats {
    return this.#sender.stats();
  }

  /** `read` may be a trap of the agent's: it runs where what it throws is counted. */
  #feedback(interactionId: string, read: () => FeedbackGiven): string {
    const now = this.#clock.now();
    const id = this.#ids.next(now);
    this.#take("feedback", () => {
      const copy = new Copy();
      const body = copyFeedback(interactionId, read(), id, now, copy);
      const bytes = this.#weigh("feedback", copy);
      if (bytes === undefined) return "full";
      this.#sender.addFeedback({ kind: "feedback", body, ...untried(id, copy.units, bytes) });
      return undefined;
    });
    return id;
  }

  /** Runs what copies; what cannot be taken, for whatever reason, is counted and nothing else. */
  #take(kind: "interaction" | "feedback", take: () => DropReason | undefined): void {
    this.#sender.tally.recorded += 1;
    let dropped = this.#shut ?? (this.#sender.admits(kind, ITEM_BYTES) ? undefined : "full");
    try {
      dropped ??= take();
    } catch (error) {
      dropped = error instanceof Unfit ? error.reason : "invalid";
    }
    if (dropped !== undefined) this.#sender.drop(dropped);
  }

  /** What it will take in memory, if there is room. */
  #weigh(kind: "interaction" | "feedback", copy: Copy): number | undefined {
    const bytes = copy.bytes + ITEM_BYTES;
    if (!this.#sender.admits(kind, bytes)) return undefined;
    this.#sender.tally.leftOut += copy.leftOut;
    return bytes;
  }

  /** A hook that sends nothing must not go unnoticed, nor stop the agent. */
  #tell(problem: string): void {
    if (this.emit("error", new HookError("Misconfigured", problem))) return;
    process.emitWarning(`qi-learning records nothing: ${problem}`, { code: "QI_HOOK_MISCONFIGURED" });
  }
}

/** Makes a hook. Unusable options make one that drops everything and says so, by `error` or a process warning. */
export function createHook(options: HookOptions): Hook {
  return new Hook(options);
}

function settled(options: HookOptions): Settings {
  try {
    return settle(options);
  } catch {
    return unreadable();
  }
}

function untried(id: string, units: number, bytes: number) {
  return { id, units, bytes, attempts: 0, tries: 0, strikes: 0, struckAt: -1 };
}
