import type { Logger } from "pino";
import { backoff, type Clock, type Environment } from "../artifacts/index.ts";
import { type OllamaClient, OllamaError } from "../ollama/index.ts";
import type { SidecarConfig } from "./config.ts";
import type { Pulse } from "./pulse.ts";
import type { State, Trouble, Working } from "./state.ts";
import { creating, fetching, holdsModel, loading, oneToken, type StepContext, uploading, verifying } from "./steps.ts";
import { diagnose } from "./trouble.ts";

export interface LifeContext {
  readonly config: SidecarConfig;
  readonly env: Environment;
  readonly ollama: OllamaClient;
  readonly pulse: Pulse;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with every state, also when only its progress has changed. */
  readonly enter: (state: State) => void;
  readonly onOllamaVersion: (version: string) => void;
}

const PAUSES = {
  /** Ollama starts beside us in well under a second. */
  soon: { base: 250, cap: 5_000 },
  later: { base: 1_000, cap: 300_000 },
  unready: { base: 500, cap: 15_000 },
};
const RESTART_POLL_MS = 1_000;
const STEPS = { Fetching: fetching, Verifying: verifying, Uploading: uploading, Creating: creating, Loading: loading };

/** The life of one ModelVersion's pod, from the artifact in the store to serving it, and back to that after every fall. */
export class Life {
  readonly #context: LifeContext;
  #failures = 0;
  /** Aborted: told to drain. */
  #draining = new AbortController();

  constructor(context: LifeContext) {
    this.#context = context;
  }

  /** Leaves whatever is being done; requests that are in flight go on. */
  drain(): void {
    this.#draining.abort(new Error("draining"));
  }

  /** Ends when `stop` aborts, and in no other way. */
  async run(stop: AbortSignal): Promise<void> {
    let state: State = { at: "Fetching" };
    while (!stop.aborted) {
      if (this.#draining.signal.aborted && state.at !== "Draining") state = { at: "Draining" };
      this.#context.enter(state);
      try {
        state = await this.#next(
          state,
          state.at === "Draining" ? stop : AbortSignal.any([stop, this.#draining.signal]),
        );
      } catch (error) {
        if (stop.aborted || this.#draining.signal.aborted) continue;
        throw error; // a mistake of ours: every expected failure has become a state
      }
    }
  }

  async #next(state: State, signal: AbortSignal): Promise<State> {
    const { clock, pulse } = this.#context;
    switch (state.at) {
      case "Waiting":
        await clock.sleep(state.nextAttempt - clock.now(), signal);
        return state.resume;
      case "Failed":
        return await untilAborted(signal);
      case "Ready": {
        const doubt = await pulse.untilDoubt(signal);
        if (doubt !== undefined) return unready({ reason: "EngineFailed", message: doubt });
        return await this.#probe({ at: "Unready", trouble: NO_TOKEN, attempt: 0 }, signal);
      }
      case "Unready": {
        const pause = (state.nextAttempt ?? 0) - clock.now();
        if (pause > 0 && (await pulse.recoveredWithin(pause, signal))) return { at: "Ready" };
        return await this.#probe(state, signal);
      }
      case "Draining":
        return await this.#untilOllamaReturns(signal);
      default:
        return await this.#work(state, signal);
    }
  }

  async #work(state: Working, signal: AbortSignal): Promise<State> {
    const { config, enter, clock, logger } = this.#context;
    const progress = (fraction: number) => enter({ at: state.at, progress: fraction } as Working);
    const step: StepContext = { ...this.#context, signal, progress };
    try {
      const next = await STEPS[state.at](step);
      this.#failures = 0;
      if (next.at === "Ready") this.#context.pulse.beat();
      return next;
    } catch (error) {
      signal.throwIfAborted();
      const { reason, message, retry } = diagnose(state.at, error);
      logger.warn({ model: config.model, step: state.at, reason, retry }, message);
      if (retry === "never") return { at: "Failed", trouble: { reason, message } };
      const nextAttempt = clock.now() + backoff(this.#failures++, PAUSES[retry]);
      return { at: "Waiting", trouble: { reason, message }, nextAttempt, resume: { at: state.at } as Working };
    }
  }

  /** Asks for one token. If none comes and Ollama has lost the model, everything starts over. */
  async #probe(state: State & { at: "Unready" }, signal: AbortSignal): Promise<State> {
    const { config, pulse, clock, logger } = this.#context;
    try {
      await this.#sign(signal);
      pulse.beat();
      return { at: "Ready" };
    } catch (error) {
      signal.throwIfAborted();
      const trouble = troubleOf(error);
      logger.warn({ model: config.model, reason: trouble.reason }, trouble.message);
      if (trouble.reason !== "OllamaUnavailable" && !(await holdsModel(config))) return { at: "Fetching" };
      pulse.falter(trouble.message);
      const nextAttempt = clock.now() + backoff(state.attempt, PAUSES.unready);
      return { at: "Unready", trouble, attempt: state.attempt + 1, nextAttempt };
    }
  }

  /** A token when asked for one; or one of a request that is being answered, behind which ours may have to wait. */
  async #sign(signal: AbortSignal): Promise<void> {
    const { config, ollama, pulse } = this.#context;
    const timeoutMs = config.health.probeSeconds * 1000;
    const enough = new AbortController();
    const until = AbortSignal.any([signal, enough.signal]);
    const token = oneToken(ollama, config.model, until, timeoutMs);
    const others = pulse.faltering
      ? pulse.recoveredWithin(timeoutMs, until).then((yes) => (yes ? undefined : token))
      : token;
    try {
      await Promise.race([token, others]);
    } finally {
      enough.abort();
      await Promise.allSettled([token, others]);
    }
  }

  /** A liveness probe or a crash may restart Ollama's container in a pod that stays: its preStop told us to drain, too. */
  async #untilOllamaReturns(signal: AbortSignal): Promise<State> {
    const { ollama, clock, logger } = this.#context;
    let wasAway = false;
    for (;;) {
      const there = await ollama.version({ signal }).then(
        () => true,
        () => false,
      );
      signal.throwIfAborted();
      if (wasAway && there) break;
      wasAway ||= !there;
      await clock.sleep(RESTART_POLL_MS, signal);
    }
    logger.info("Ollama came back after draining: starting over");
    this.#draining = new AbortController();
    return { at: "Fetching" };
  }
}

const NO_TOKEN: Trouble = { reason: "EngineFailed", message: "The engine gave no token when asked for one." };

function unready(trouble: Trouble): State {
  return { at: "Unready", trouble, attempt: 0 };
}

function troubleOf(error: unknown): Trouble {
  const message = error instanceof Error ? error.message : String(error);
  const gone = error instanceof OllamaError && error.code === "Unreachable";
  return { reason: gone ? "OllamaUnavailable" : "EngineFailed", message };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
