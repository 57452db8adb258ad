import type { Reason, SidecarStatus } from "./status.ts";

/** A state that works towards Ready, and that a wait goes back to. */
export type Working =
  /** Looks whether Ollama has the model already; if not, brings the artifact, continuing what an earlier life left. */
  | { readonly at: "Fetching"; readonly progress?: number }
  /** The file has the right digest. Looks whether it is a GGUF at all. */
  | { readonly at: "Verifying" }
  /** Hands the file to Ollama as a blob, then removes it: the disk holds the model once. */
  | { readonly at: "Uploading"; readonly progress?: number }
  /** Unloads what was loaded, and makes the model of the blob, the template and the parameters. */
  | { readonly at: "Creating" }
  /** Checks that the name stands for exactly our model, loads it and asks for one token. */
  | { readonly at: "Loading" };

/** Where a ModelVersion's pod is in its life. There is no state in which the process ends by itself. */
export type State =
  | Working
  /** A token has come. Traffic shows whether the engine lives; in silence it is asked for a token now and then. */
  | { readonly at: "Ready" }
  /** It was Ready, and the engine failed. Asked for one token at once, then with growing pauses, until one comes. */
  | { readonly at: "Unready"; readonly trouble: Trouble; readonly attempt: number; readonly nextAttempt?: number }
  /** A step failed in a way that may pass. At `nextAttempt` it goes on with `resume`. */
  | { readonly at: "Waiting"; readonly trouble: Trouble; readonly nextAttempt: number; readonly resume: Working }
  /** A step failed in a way that will not pass. Stays, and says why. */
  | { readonly at: "Failed"; readonly trouble: Trouble }
  /** Told to end. If Ollama comes back after going away, it was only restarted in place: life starts again. */
  | { readonly at: "Draining" };

export interface Trouble {
  readonly reason: Reason;
  readonly message: string;
}

const DOING: Record<Working["at"] | "Ready" | "Draining", string> = {
  Fetching: "Fetching the artifact from the store.",
  Verifying: "Looking at the fetched file.",
  Uploading: "Handing the artifact to Ollama.",
  Creating: "Ollama is making the model.",
  Loading: "Loading the model and asking it for its first token.",
  Ready: "Serving.",
  Draining: "Told to end: finishing the requests that are being answered.",
};

/** The part of the status that follows from the state alone. */
export function describe(
  state: State,
): Pick<SidecarStatus, "state" | "reason" | "message" | "progress" | "nextAttemptTime"> {
  switch (state.at) {
    case "Unready":
    case "Waiting":
    case "Failed":
      return {
        state: state.at,
        ...state.trouble,
        ...("nextAttempt" in state && { nextAttemptTime: new Date(state.nextAttempt).toISOString() }),
      };
    case "Fetching":
    case "Uploading": {
      const progress = state.progress === undefined ? {} : { progress: Math.floor(state.progress * 100) / 100 };
      return { state: state.at, reason: state.at, message: DOING[state.at], ...progress };
    }
    default:
      return { state: state.at, reason: state.at, message: DOING[state.at] };
  }
}
