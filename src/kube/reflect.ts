import type { KubeApi } from "./api.ts";
import type { Cache } from "./cache.ts";
import type { Clock, Milliseconds } from "./clock.ts";
import type { Log } from "./log.ts";
import { Reflector } from "./reflector.ts";

export interface Reflection {
  /** How long ago the most neglected kind was last confirmed; infinite until all have been listed. */
  age(): Milliseconds;
  /** The state and age of each kind, for the readiness report. */
  states(): Readonly<Record<string, { state: string; age: Milliseconds }>>;
  readonly done: Promise<void>;
}

/** Starts a reflector for each source of a cache. They run until `signal` is aborted. */
export function reflect(
  cache: Cache,
  options: { api: KubeApi; clock: Clock; log: Log; signal: AbortSignal; random?: () => number },
): Reflection {
  const { signal, ...common } = options;
  const reflectors = cache.sources.map((source) => {
    const store = cache.store(source.resource);
    return { source, reflector: new Reflector({ ...common, source, store, told: () => cache.told() }) };
  });
  return {
    age: () => Math.max(0, ...reflectors.map(({ reflector }) => reflector.age)),
    states: () =>
      Object.fromEntries(
        reflectors.map(({ source, reflector }) => [
          source.resource.plural,
          { state: reflector.state, age: reflector.age },
        ]),
      ),
    done: Promise.all(reflectors.map(({ reflector }) => reflector.run(signal))).then(() => {}),
  };
}
