import type { ItemResult, Refusal } from "../../api/learning/results.ts";
import type { Clock } from "../../kube/clock.ts";
import type { Log } from "../../kube/log.ts";
import type { Principal } from "../http/principal.ts";
import type { RedactionCounts } from "../model.ts";
import type { PrivacyFilter } from "../privacy/port.ts";
import type { WorkQueue } from "../queue/port.ts";
import type { InteractionStore } from "../store/port.ts";
import type { KeyedHasher } from "./keyed-hash.ts";
import type { PolicyBook } from "./policy-book.ts";

export type ItemKind = "interaction" | "feedback";

/** Figures of the intake; implemented with prom-client by the HTTP API. */
export interface IntakeMeter {
  settled(kind: ItemKind, outcome: "Stored" | "Duplicate" | Refusal): void;
  redacted(counts: RedactionCounts): void;
}

export interface IntakeDeps {
  readonly interactions: Pick<InteractionStore, "accept" | "acceptFeedback" | "redactionContexts">;
  readonly queue: Pick<WorkQueue, "nudge">;
  readonly filter: Pick<PrivacyFilter, "filter">;
  readonly policies: Pick<PolicyBook, "current" | "forModel" | "named" | "catchUp">;
  readonly hash: KeyedHasher;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  readonly meter: IntakeMeter;
}

/**
 * The only way in. Results come in the order of the items, one for each; an item that is refused leaves the others
 * alone. Throws IntakeUnavailable when nothing of the batch was stored and all of it can be sent again.
 */
export interface Intake {
  interactions(principal: Principal, items: readonly unknown[]): Promise<readonly ItemResult[]>;
  feedback(principal: Principal, items: readonly unknown[]): Promise<readonly ItemResult[]>;
}
