import { mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";

/** A UUID as text. */
export const ID_BYTES = 36;
const PREFIX = "dataset-";

/** The files of one build, in a folder of their own, gone when it ends however it ends. */
export class Spill implements AsyncDisposable {
  readonly folder: string;
  #texts: FileHandle | undefined;
  #ids: FileHandle | undefined;
  #textSize = 0;
  #idSize = 0;

  constructor(workspace: string) {
    this.folder = mkdtempSync(join(workspace, PREFIX));
  }

  path(name: string): string {
    return join(this.folder, name);
  }
  get texts(): string {
    return this.path("texts");
  }
  get ids(): string {
    return this.path("ids");
  }

  /** Opens what is appended to. */
  async start(): Promise<void> {
    this.#texts = await open(this.texts, "wx", 0o600);
    this.#ids = await open(this.ids, "wx", 0o600);
  }

  /** Where the next text will lie. */
  get textSize(): number {
    return this.#textSize;
  }

  async addTexts(bytes: Uint8Array): Promise<void> {
    const position = this.#textSize;
    this.#textSize += bytes.length;
    await write(this.#texts, bytes, position);
  }

  async addIds(bytes: Uint8Array): Promise<void> {
    const position = this.#idSize;
    this.#idSize += bytes.length;
    await write(this.#ids, bytes, position);
  }

  async finish(): Promise<void> {
    await this.#texts?.close();
    await this.#ids?.close();
    this.#texts = undefined;
    this.#ids = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function write(file: FileHandle | undefined, bytes: Uint8Array, position: number): Promise<void> {
  if (file === undefined) throw new Error("the spill is not open");
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
