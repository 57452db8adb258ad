import type { FastifyPluginAsync } from "fastify";
import type { Registry } from "prom-client";
import type { Clock } from "../../kube/clock.ts";
import type { Log } from "../../kube/log.ts";
import type { KeyedHasher } from "../intake/keyed-hash.ts";
import type { PolicyBook } from "../intake/policy-book.ts";
import type { Intake } from "../intake/port.ts";
import type { PrivacyFilter } from "../privacy/port.ts";
import type { WorkQueue } from "../queue/port.ts";
import type { Store } from "../store/port.ts";
import type { RandomBytes } from "./auth/api-key.ts";
import type { ApiKeys } from "./auth/api-keys.ts";
import type { ApiLimits } from "./limits.ts";
import type { ApiMetrics } from "./metrics.ts";
import type { Authenticator } from "./principal.ts";
import type { TokenBuckets } from "./token-bucket.ts";

export interface LearningApiDeps {
  readonly store: Store;
  readonly queue: Pick<WorkQueue, "nudge" | "figures">;
  readonly filter: Pick<PrivacyFilter, "filter">;
  readonly policies: PolicyBook;
  /** The install's master secret, at least 32 bytes, the same in every replica and for good. */
  readonly secret: Uint8Array;
  readonly keys: ApiKeys;
  /** Other ways to prove who asks, tried after API keys. */
  readonly authenticators?: readonly Authenticator[];
  /** Routes of others, the review page's. They guard themselves. */
  readonly plugins?: readonly FastifyPluginAsync[];
  readonly limits?: Partial<ApiLimits>;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Log;
  /** Where figures go; one of its own when absent. */
  readonly registry?: Registry;
  /** Of the software, for the OpenAPI document. */
  readonly version: string;
}

/** What routes work with. */
export interface RouteDeps
  extends Pick<LearningApiDeps, "store" | "queue" | "policies" | "keys" | "clock" | "random" | "log"> {
  readonly intake: Intake;
  readonly hash: KeyedHasher;
  readonly limits: ApiLimits;
  readonly metrics: ApiMetrics;
  /** Items of each key. */
  readonly itemRate: TokenBuckets;
}
