import { ArtifactError, type ArtifactErrorCode } from "../artifacts/index.ts";
import { OllamaError } from "../ollama/index.ts";
import type { Trouble, Working } from "./state.ts";
import type { Reason } from "./status.ts";

/** What to make of a failed step. */
export interface Diagnosis extends Trouble {
  /** `soon`: expected to pass by itself. `later`: someone may have to do something. `never`: it stays so. */
  readonly retry: "soon" | "later" | "never";
}

/** A step's own finding, where there is no error to translate. */
export class StepFailure extends Error {
  readonly diagnosis: Diagnosis;

  constructor(reason: Reason, retry: Diagnosis["retry"], message: string) {
    super(message);
    this.name = "StepFailure";
    this.diagnosis = { reason, retry, message };
  }
}

const OF_ARTIFACT: Record<ArtifactErrorCode, Pick<Diagnosis, "reason" | "retry">> = {
  NotFound: { reason: "ArtifactNotFound", retry: "later" },
  DigestMismatch: { reason: "DigestMismatch", retry: "never" },
  Unavailable: { reason: "StoreUnavailable", retry: "later" },
  Unauthorized: { reason: "StoreUnauthorized", retry: "later" },
  StorageFull: { reason: "StorageFull", retry: "later" },
  Refused: { reason: "ArtifactInvalid", retry: "never" },
  InvalidUri: { reason: "ArtifactInvalid", retry: "never" },
  AlreadyExists: { reason: "StoreUnavailable", retry: "later" },
};

const WORK: Record<Working["at"], Reason> = {
  Fetching: "StoreUnavailable",
  Verifying: "StorageFull",
  Uploading: "OllamaUnavailable",
  Creating: "CreateRefused",
  Loading: "LoadFailed",
};

/** Why the step `at` failed, and whether it is worth doing again. */
export function diagnose(at: Working["at"], error: unknown): Diagnosis {
  if (error instanceof StepFailure) return error.diagnosis;
  if (error instanceof ArtifactError) return { ...OF_ARTIFACT[error.code], message: error.message };
  if (error instanceof OllamaError) return { ...ofOllama(at, error), message: error.message };
  return { reason: WORK[at], retry: "later", message: error instanceof Error ? error.message : String(error) };
}

function ofOllama(at: Working["at"], error: OllamaError): Pick<Diagnosis, "reason" | "retry"> {
  if (error.message.includes("no space left")) return { reason: "StorageFull", retry: "later" };
  switch (error.code) {
    case "Unreachable":
    case "Busy":
      return { reason: "OllamaUnavailable", retry: "soon" };
    case "TimedOut":
      return { reason: at === "Loading" ? "LoadFailed" : "OllamaUnavailable", retry: "later" };
    case "Refused":
      // A bad template or parameter: the same every time. While loading it may be the memory, so that is tried again.
      return { reason: WORK[at], retry: at === "Creating" ? "never" : "later" };
    default:
      return { reason: WORK[at], retry: "later" };
  }
}
