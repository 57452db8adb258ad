import { INPUT_KINDS } from "../../api/learning/interaction.ts";
import type { DatasetPolicy } from "../../api/learning/policies.ts";
import type { Instant } from "../model.ts";
import type { LoadedInteraction } from "../store/port.ts";
import { PLACE } from "./block.ts";
import { judge } from "./judge.ts";
import { type GroupKind, groupKey } from "./keys.ts";
import { LinkFile } from "./links.ts";
import { BANDS } from "./minhash.ts";
import { FORMS, Names, Rows, SCORE_UNIT } from "./rows.ts";
import { FOUND, FOUND_FLAGS } from "./scan.ts";
import { ID_BYTES, type Spill } from "./spill.ts";
import { type TextBlock, TextBlockWriter } from "./text-block.ts";
import type { Threads } from "./threads.ts";

/** More languages than this are a client's invention. */
const MAX_LANGUAGES = 4096;
const IDS_PER_WRITE = 8192;
/** A block is handed to a thread when its texts have this many bytes. */
const BLOCK_BYTES = 2 << 20;
/** What those take, mostly, also with all that JSON puts around them; a block grows where it has to. */
const BLOCK_MEMORY = 4 << 20;

export interface CollectOptions {
  readonly asOf: Instant;
  readonly threshold: number;
  readonly groupBy: DatasetPolicy["split"]["groupBy"];
  /** Blocks that may be under way at a time. */
  readonly ahead: number;
}

/** Reads candidates once: judges each, spills its example, and notes what makes it belong together with others. */
export class Collector implements Disposable {
  readonly rows = new Rows();
  readonly languages = new Names(MAX_LANGUAGES);
  readonly contributors = new Names(Number.MAX_SAFE_INTEGER);
  readonly exact: LinkFile;
  readonly near: LinkFile;
  readonly groups: LinkFile;
  readonly #spill: Spill;
  readonly #threads: Threads;
  readonly #options: CollectOptions;
  readonly #memory: ArrayBuffer[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #roles: string[] = [];
  /** The block that is being filled, and which rows are in it. */
  #texts: TextBlockWriter | undefined;
  #rowsIn: number[] = [];
  #ids = Buffer.allocUnsafe(IDS_PER_WRITE * ID_BYTES);
  #idsUsed = 0;
  #lastId = "";
  #failure: unknown;

  constructor(spill: Spill, threads: Threads, options: CollectOptions) {
    this.#spill = spill;
    this.#threads = threads;
    this.#options = options;
    this.exact = new LinkFile(spill.path("exact"), 16);
    this.near = new LinkFile(spill.path("near"), 64);
    this.groups = new LinkFile(spill.path("groups"), 16);
  }

  async add(batch: readonly LoadedInteraction[]): Promise<void> {
    for (const candidate of batch) {
      this.#addId(candidate.interaction.facts.id);
      this.#addRow(candidate);
      if (this.#idsUsed === this.#ids.length) await this.#writeIds();
      if ((this.#texts?.used ?? 0) >= BLOCK_BYTES) await this.#send();
    }
  }

  async finish(): Promise<void> {
    await this.#send();
    await Promise.all(this.#underWay);
    this.#throwFailure();
    await this.#writeIds();
  }

  [Symbol.dispose](): void {
    this.exact[Symbol.dispose]();
    this.near[Symbol.dispose]();
    this.groups[Symbol.dispose]();
  }

  #addRow(candidate: LoadedInteraction): void {
    const { rows } = this;
    const { facts } = candidate.interaction;
    const { asOf, threshold } = this.#options;
    const row = rows.add();
    rows.score[row] = Math.round((candidate.assessment?.overall ?? 0) * SCORE_UNIT);
    const example = judge(candidate, asOf, threshold);
    if (typeof example === "string") {
      rows.exclude(row, example);
      return;
    }
    const { conversation } = example;
    this.#texts ??= new TextBlockWriter(this.#spare(), this.#roles);
    this.#texts.add(conversation);
    this.#rowsIn.push(row);
    rows.learn[row] = conversation.history.length + 1;
    rows.form[row] = conversation.reasoning === undefined ? FORMS.plain : FORMS.reasoned;
    rows.edited[row] = example.edited ? 1 : 0;
    rows.language[row] = this.languages.numberOf(example.language);
    rows.kind[row] = INPUT_KINDS.indexOf(facts.kind);
    rows.contributor[row] = this.contributors.numberOf(facts.contributor);
    this.#addGroups(row, facts);
  }

  #addGroups(row: number, facts: LoadedInteraction["interaction"]["facts"]): void {
    const { groupBy } = this.#options;
    const add = (kind: GroupKind, name: string): void => {
      const [high, low] = groupKey(kind, name);
      this.groups.add(high, low, row);
    };
    const byRepository = groupBy.includes("repository") && facts.repository !== undefined;
    if (byRepository) add("repository", facts.repository ?? "");
    if (groupBy.includes("session")) add("session", facts.session);
    else if (!byRepository) add("row", facts.id);
  }

  /** The store promises ids that ascend; ties between equal scores, and so the bytes, hang on it. */
  #addId(id: string): void {
    if (id.length !== ID_BYTES || id <= this.#lastId) throw new Error("candidates must come by id, ascending");
    this.#lastId = id;
    this.#idsUsed += this.#ids.write(id, this.#idsUsed, "latin1");
  }

  async #writeIds(): Promise<void> {
    await this.#spill.addIds(this.#ids.subarray(0, this.#idsUsed));
    this.#idsUsed = 0;
  }

  /** Hands the block to a thread; waits only when too many are under way. */
  async #send(): Promise<void> {
    if (this.#texts === undefined) return;
    this.#throwFailure();
    const sent = this.#scan(this.#texts.done(), this.#rowsIn)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
    if (this.#underWay.size >= this.#options.ahead) await Promise.race(this.#underWay);
    this.#texts = undefined;
    this.#rowsIn = [];
  }

  #spare(): ArrayBuffer {
    return this.#memory.pop() ?? new ArrayBuffer(BLOCK_MEMORY);
  }

  async #scan(texts: TextBlock, rowsIn: readonly number[]): Promise<void> {
    const { rows } = this;
    const { bytes, memory, places, found } = await this.#threads.scan({ texts, memory: this.#spare() });
    const offset = this.#spill.textSize;
    await this.#spill.addTexts(bytes);
    this.#memory.push(bytes.buffer, memory);
    rowsIn.forEach((row, index) => {
      const place = index * PLACE.size;
      rows.offset[row] = offset + (places[place + PLACE.start] ?? 0);
      rows.length[row] = places[place + PLACE.length] ?? 0;
      rows.reasoningAt[row] = places[place + PLACE.reasoningAt] ?? 0;
      this.#note(row, found, index * FOUND.size);
    });
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #note(row: number, found: Uint32Array, at: number): void {
    const flags = found[at] ?? 0;
    if (flags & FOUND_FLAGS.contaminated) this.rows.exclude(row, "Contaminated");
    if (!(flags & FOUND_FLAGS.banded)) return;
    this.exact.add(found[at + FOUND.exact] ?? 0, found[at + FOUND.exact + 1] ?? 0, row);
    for (let word = at + FOUND.bands; word < at + FOUND.bands + 2 * BANDS; word += 2) {
      this.near.add(found[word] ?? 0, found[word + 1] ?? 0, row);
    }
  }
}
