import { EventEmitter } from "node:events";
import type { HookEvents } from "./events.ts";

/** An EventEmitter whose listeners cannot hurt: one that throws or rejects is counted, and `error` needs no listener. */
export class QuietEmitter extends EventEmitter<HookEvents> {
  #failures = 0;

  /** Listeners that threw or rejected. */
  get listenerErrors(): number {
    return this.#failures;
  }

  /** Each listener by itself: one that throws keeps nothing from the others. */
  override emit<N>(name: keyof HookEvents | N, ...args: N extends keyof HookEvents ? HookEvents[N] : never): boolean {
    const listeners: readonly unknown[] = this.rawListeners(name);
    for (const listener of listeners) void this.#call(listener, args);
    return listeners.length > 0;
  }

  async #call(listener: unknown, args: readonly unknown[]): Promise<void> {
    try {
      if (typeof listener === "function") await Reflect.apply(listener, this, args);
    } catch {
      this.#failures += 1;
    }
  }
}
