import { createHash } from "node:crypto";
import type { Context } from "../api/learning/interaction.ts";
import type { Clock } from "./clock.ts";
import { readCodebase } from "./context/codebase.ts";
import { readEnvironment } from "./context/environment.ts";
import { readGit } from "./context/git.ts";
import { readProject } from "./context/project.ts";
import { startReading } from "./context/reading.ts";
import { findRoots } from "./context/root.ts";

/** How long one look at a project may take, all of it between turns of the event loop. */
const BUDGET_MS = 500;

/** The state of the project as it was at one moment. Not changed afterwards: interactions share it. */
export interface Captured {
  readonly context: Context;
  readonly repository: string | undefined;
  /** SHA-256 of the context, hex: the same as long as nothing changed. */
  readonly hash: string;
  /** Project, codebase and environment are all known. */
  readonly complete: boolean;
  /** UTF-16 units of the context as JSON. */
  readonly units: number;
}

export interface CapturerOptions {
  /** A folder in the project. */
  readonly root: () => string;
  readonly refreshMs: number;
  readonly clock: Clock;
}

/** Snapshots the project off the hot path and keeps the last one. What cannot be read is left out; nothing throws. */
export class ContextCapturer {
  readonly #options: CapturerOptions;
  #captured: Captured | undefined;
  #refreshing: Promise<void> | undefined;
  #stale = true;
  #cancel = () => {};

  constructor(options: CapturerOptions) {
    this.#options = options;
  }

  /** The last snapshot, at once; one too old has the next made after this turn. */
  latest(): Captured | undefined {
    if (this.#stale) {
      this.#stale = false;
      this.#options.clock.setTimer(0, () => void this.refresh());
    }
    return this.#captured;
  }

  get contextHash(): string | undefined {
    return this.#captured?.hash;
  }

  isContextComplete(): boolean {
    return this.#captured?.complete ?? false;
  }

  /** Looks anew; whoever asks meanwhile waits for the same look. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#look().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  close(): void {
    this.#cancel();
    this.#stale = false;
  }

  async #look(): Promise<void> {
    const { clock, refreshMs, root } = this.#options;
    this.#captured = await capture(root, clock);
    this.#stale = false;
    this.#cancel();
    this.#cancel = clock.setTimer(refreshMs, () => {
      this.#stale = true;
    });
  }
}

async function capture(root: () => string, clock: Clock): Promise<Captured> {
  const environment = readEnvironment(process);
  // A working directory that was removed makes process.cwd() throw.
  const roots = await Promise.resolve()
    .then(() => findRoots(root()))
    .catch(() => undefined);
  if (roots === undefined) return sealed({ environment }, undefined);
  const reading = startReading(roots.project, clock, BUDGET_MS);
  const git = roots.repository === undefined ? undefined : await attempt(readGit(roots.repository));
  const project = await attempt(readProject(reading));
  const codebase = await attempt(readCodebase(reading));
  const branch = git?.branch === undefined ? {} : { branch: git.branch };
  return sealed(
    {
      ...(project !== undefined && { project }),
      ...((codebase !== undefined || git !== undefined) && { codebase: { ...codebase, ...branch } }),
      environment,
    },
    git?.repository,
  );
}

function sealed(context: Context, repository: string | undefined): Captured {
  const text = JSON.stringify(context);
  return {
    context,
    repository,
    hash: createHash("sha256").update(text).digest("hex"),
    complete: context.project !== undefined && context.codebase?.languages !== undefined,
    units: text.length,
  };
}

const attempt = <T>(read: Promise<T>): Promise<T | undefined> => read.catch(() => undefined);
