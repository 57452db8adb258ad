import { Backlog, type BatchLimits, type Group } from "./backlog.ts";
import { type Patience, pauseAfter } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { encode } from "./encode.ts";
import { type DropReason, HookError, type Lane as LaneName } from "./events.ts";
import { type Item, lighter } from "./item.ts";
import { MAX_REQUEST } from "./limits.ts";
import type { Tally } from "./tally.ts";
import type { Transport } from "./transport.ts";
import { judge, needsPerson, type Outcome, type Verdict } from "./verdict.ts";

/** "Later" for a single item, this often, at growing pauses: about two minutes. */
const MOST_ATTEMPTS = 10;
/** A server that fails on two requests in three would fail this often in a row on a good item once in 3,000. */
const MOST_STRIKES = 20;

type Refusal = Extract<Outcome, { kind: "refused" }>;
type Failure = Extract<Verdict, { kind: "failed" }>;

export interface LaneSettings {
  readonly name: LaneName;
  readonly batch: BatchLimits;
  readonly patience: Patience;
  readonly clock: Clock;
  readonly random: () => number;
  readonly transport: Transport;
  readonly tally: Tally;
}

/** What the hook is told. None of these may throw. */
export interface LaneListener {
  stored(items: readonly Item[]): void;
  dropped(item: Item, reason: DropReason): void;
  refused(item: Item, refusal: Refusal): void;
  trouble(error: HookError): void;
  /** A request has ended, whichever way. */
  turned(): void;
}

/** Sends one kind of item to one address, a batch at a time, until each is stored or dropped. */
export class Lane {
  readonly #settings: LaneSettings;
  readonly #listener: LaneListener;
  readonly #backlog: Backlog;
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;
  #sending: Promise<void> | undefined;
  #pausedUntil = 0;
  /** Whether the pause is the server's wish or needs a person: then no hurry shortens it. */
  #pauseHolds = false;
  #failures = 0;
  #batchesStored = 0;
  #hurried = false;
  #stopped = false;

  constructor(settings: LaneSettings, listener: LaneListener) {
    this.#settings = settings;
    this.#listener = listener;
    this.#backlog = new Backlog(settings.batch, settings.clock);
  }

  push(item: Item): void {
    const full = this.#backlog.push(item);
    if (this.#sending === undefined && (full || this.#hurried || this.#timer === undefined)) this.#schedule();
  }

  /** While it lasts nothing waits for others to fill a batch, and pauses of the hook's own making are cut short. */
  hurry(hurried: boolean): void {
    this.#hurried = hurried;
    if (!hurried) return;
    this.#backlog.hurry();
    if (!this.#pauseHolds) this.#pausedUntil = 0;
    if (this.#sending === undefined) this.#schedule();
  }

  /** Whether nothing can come of waiting until then. */
  restsUntil(moment: number): boolean {
    return this.#sending === undefined && this.#dueAt() > moment;
  }

  /** Ends with everything settled. The transport must have been closed, or this waits for an answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#sending;
    for (const item of this.#backlog.drain()) this.#listener.dropped(item, "closed");
  }

  #dueAt(): number {
    return Math.max(this.#backlog.dueAt(this.#hurried), this.#pausedUntil);
  }

  #schedule(): void {
    const at = this.#dueAt();
    if (this.#stopped || at === Infinity || (this.#timer !== undefined && this.#timer.at <= at)) return;
    this.#timer?.cancel();
    const { clock } = this.#settings;
    const cancel = clock.setTimer(at - clock.elapsed(), () => {
      this.#timer = undefined;
      if (this.#sending === undefined) this.#begin();
    });
    this.#timer = { at, cancel };
  }

  #begin(): void {
    const group = this.#backlog.take();
    // A timer may fire a little before its time, when nothing is due yet.
    if (group.items.length === 0) this.#schedule();
    else this.#sending = this.#send(group).then(() => this.#end());
  }

  #end(): void {
    this.#sending = undefined;
    this.#schedule();
    this.#listener.turned();
  }

  async #send(group: Group): Promise<void> {
    try {
      this.#apply(await this.#ask(group), group);
    } catch {
      const error = new HookError("Misconfigured", "a batch could not be made");
      this.#failed({ kind: "failed", error, suspect: true, retryAfterMs: undefined }, group);
    }
  }

  async #ask(group: Group): Promise<Verdict> {
    const { name, clock, transport, tally } = this.#settings;
    const body = await encode(group.items, name, clock);
    if (body.bytes > MAX_REQUEST) return { kind: "split", status: 413 };
    tally.requests += 1;
    tally.sentBytes += body.bytes;
    for (const item of group.items) if (item.tries++ > 0) tally.retried += 1;
    return judge(await transport.post(`v1/${name}`, body), clock.now());
  }

  #apply(verdict: Verdict, group: Group): void {
    if (verdict.kind === "failed") this.#failed(verdict, group);
    else if (verdict.kind === "split") this.#split(verdict.status, group);
    else this.#settle(verdict.outcomes, group);
  }

  #settle(outcomes: ReadonlyMap<string, Outcome>, group: Group): void {
    const { stored, refused, later } = sorted(group.items, outcomes);
    if (stored.length + refused.length === 0 && !later.some((one) => one.outcome.unknownInteraction)) {
      this.#failed(noneStored(outcomes.size, group.items.length), group);
      return;
    }
    this.#failures = 0;
    this.#backlog.preferFresh(false);
    if (stored.length > 0) {
      this.#batchesStored += 1;
      this.#listener.stored(stored);
    }
    for (const { item, outcome } of refused) this.#listener.refused(item, outcome);
    this.#later(later);
  }

  #later(all: readonly Judged<"later">[]): void {
    const { patience, random, clock } = this.#settings;
    for (const { item, outcome } of all) {
      if (++item.attempts >= MOST_ATTEMPTS)
        this.#listener.dropped(item, outcome.unknownInteraction ? "unknownInteraction" : "gaveUp");
    }
    const items = all.map(({ item }) => item).filter((item) => item.attempts < MOST_ATTEMPTS);
    const attempts = items.reduce((most, item) => Math.max(most, item.attempts), 1);
    this.#backlog.again({ items, due: clock.elapsed() + pauseAfter(attempts, patience, random), failures: 0 });
  }

  #split(status: number, group: Group): void {
    const [item, ...others] = group.items;
    if (item === undefined) return;
    if (others.length > 0) {
      this.#backlog.halves(group, 0);
      return;
    }
    const less = lighter(item);
    if (less !== undefined && status === 413) {
      this.#settings.tally.leftOut += 1;
      this.#backlog.again({ items: [less], due: 0, failures: 0 });
    } else if (status === 413) this.#listener.dropped(item, "tooLarge");
    else this.#listener.refused(item, { kind: "refused", status, code: `Status${status}`, message: "" });
  }

  #failed({ error, suspect, retryAfterMs }: Failure, group: Group): void {
    const { clock, random, patience } = this.#settings;
    this.#failures += 1;
    this.#pauseHolds = retryAfterMs !== undefined || needsPerson(error.code);
    const own = needsPerson(error.code) ? { ...patience, firstMs: patience.longestMs } : patience;
    this.#pausedUntil = clock.elapsed() + Math.max(pauseAfter(this.#failures, own, random), retryAfterMs ?? 0);
    this.#backlog.preferFresh(true);
    this.#sendAgain({ ...group, due: 0, failures: group.failures + (suspect ? 1 : 0) }, suspect);
    this.#listener.trouble(error);
  }

  /** One item on which the server fails must not hold up the others: a batch that failed twice is halved, down to that item. */
  #sendAgain(group: Group, suspect: boolean): void {
    const [item, ...others] = group.items;
    if (item === undefined) return;
    if (others.length > 0) {
      if (group.failures > 1) this.#backlog.halves(group, 0);
      else this.#backlog.again(group);
      return;
    }
    if (suspect) {
      if (item.struckAt >= 0 && this.#batchesStored > item.struckAt) item.strikes += 1;
      item.struckAt = this.#batchesStored;
    }
    if (item.strikes >= MOST_STRIKES) this.#listener.dropped(item, "serverFailed");
    else this.#backlog.again({ ...group, due: this.#strikeOver(item) });
  }

  #strikeOver({ strikes }: Item): number {
    const { patience, random, clock } = this.#settings;
    return strikes === 0 ? 0 : clock.elapsed() + pauseAfter(strikes, patience, random);
  }
}

interface Judged<K extends Outcome["kind"]> {
  readonly item: Item;
  readonly outcome: Extract<Outcome, { kind: K }>;
}

/** What was not answered for may have been stored or not: sending it again tells. */
function sorted(items: readonly Item[], outcomes: ReadonlyMap<string, Outcome>) {
  const stored: Item[] = [];
  const refused: Judged<"refused">[] = [];
  const later: Judged<"later">[] = [];
  for (const item of items) {
    const outcome = outcomes.get(item.id) ?? { kind: "later", unknownInteraction: false };
    if (outcome.kind === "stored") stored.push(item);
    else if (outcome.kind === "refused") refused.push({ item, outcome });
    else later.push({ item, outcome });
  }
  return { stored, refused, later };
}

function noneStored(answers: number, items: number): Failure {
  const error =
    answers === 0
      ? new HookError("UnexpectedAnswer", "a success without results")
      : new HookError("Overloaded", "no item could be stored for now");
  return { kind: "failed", error, suspect: answers === 0 || items === 1, retryAfterMs: undefined };
}
