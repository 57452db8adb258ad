import type { Instant } from "../../model.ts";
import { StoreUnavailable } from "../../store/errors.ts";
import type { Task, TaskStore } from "../../store/port.ts";

interface Row {
  task: Task;
  owner: string | undefined;
  leaseUntil: Instant;
}

/** The task table in a Map, that a test takes away or changes under a runner. */
export class MemoryTasks implements TaskStore {
  readonly #rows = new Map<string, Row>();
  away = false;

  async create(task: Pick<Task, "id" | "tenant" | "kind" | "input">, now: Instant): Promise<Task> {
    const row = this.#rows.get(task.id) ?? {
      task: {
        ...task,
        state: "waiting" as const,
        attempts: 0,
        progress: 0,
        result: undefined,
        error: undefined,
        createdAt: now,
      },
      owner: undefined,
      leaseUntil: 0,
    };
    this.#rows.set(task.id, row);
    return row.task;
  }

  async get(_tenant: string, id: string): Promise<Task | undefined> {
    return this.#rows.get(id)?.task;
  }

  async list(): Promise<{ items: readonly Task[]; next: undefined }> {
    return { items: [...this.#rows.values()].map(({ task }) => task), next: undefined };
  }

  async open(): Promise<readonly Task[]> {
    const { items } = await this.list();
    return items.filter(({ state }) => state === "waiting" || state === "running");
  }

  async claim(kinds: readonly string[], owner: string, leaseMs: number, now: Instant): Promise<Task | undefined> {
    this.#check();
    const row = [...this.#rows.values()].find(
      ({ task, leaseUntil }) =>
        kinds.includes(task.kind) && (task.state === "waiting" || task.state === "running") && leaseUntil <= now,
    );
    if (row === undefined) return undefined;
    row.task = { ...row.task, state: "running", attempts: row.task.attempts + 1 };
    Object.assign(row, { owner, leaseUntil: now + leaseMs });
    return row.task;
  }

  async heartbeat(id: string, owner: string, leaseMs: number, progress: number, now: Instant): Promise<boolean> {
    return this.#change(id, owner, (row) => {
      row.task = { ...row.task, progress };
      row.leaseUntil = now + leaseMs;
    });
  }

  async succeed(id: string, owner: string, result: unknown): Promise<boolean> {
    return this.#change(id, owner, (row) => {
      row.task = { ...row.task, state: "succeeded", result };
      row.leaseUntil = 0;
    });
  }

  async fail(id: string, owner: string, error: string, retry: boolean): Promise<boolean> {
    return this.#change(id, owner, (row) => {
      row.task = { ...row.task, state: retry ? "waiting" : "failed", error };
      row.leaseUntil = 0;
    });
  }

  async postpone(
    id: string,
    owner: string,
    error: string,
    until: Instant,
    { afresh }: { afresh: boolean } = { afresh: false },
  ): Promise<boolean> {
    return this.#change(id, owner, (row) => {
      row.task = { ...row.task, state: "waiting", error, attempts: afresh ? 0 : row.task.attempts - 1 };
      row.leaseUntil = until;
    });
  }

  /** As if the lease had ended and another had claimed it. */
  steal(id: string, owner: string): void {
    const row = this.#rows.get(id);
    if (row !== undefined) row.owner = owner;
  }

  #change(id: string, owner: string, change: (row: Row) => void): boolean {
    this.#check();
    const row = this.#rows.get(id);
    if (row?.owner !== owner || row.task.state !== "running") return false;
    change(row);
    return true;
  }

  #check(): void {
    if (this.away) throw new StoreUnavailable("the test took the store away");
  }
}
