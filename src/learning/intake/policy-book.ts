import type { DataPolicy, PolicySet, PrivacyPolicy } from "../../api/learning/policies.ts";
import type { Clock, Milliseconds } from "../../kube/clock.ts";
import type { Log } from "../../kube/log.ts";
import type { PolicyName, Tenant } from "../model.ts";
import type { PolicyStore } from "../store/port.ts";

/** The policies in force, at hand without asking the store. */
export interface PolicyBook {
  /** Undefined: none has ever come, and nothing may be accepted. */
  current(): PolicySet | undefined;
  /** A tenant is a namespace: the policies of others are not its own. */
  forModel(tenant: Tenant, servedModel: string): DataPolicy | undefined;
  named(name: PolicyName): DataPolicy | undefined;
  /** Reads the store again. Rejects when that fails; what was known stays. */
  refresh(): Promise<void>;
  /**
   * Before something is refused for want of a policy: reads the store again, at most 20 times a second, and answers whether
   * there is a newer set. Another process may have been told of it a moment ago.
   */
  catchUp(): Promise<boolean>;
  close(): void;
}

export interface PolicyBookDeps {
  readonly policies: Pick<PolicyStore, "current">;
  readonly clock: Clock;
  readonly log: Log;
  /** How often the store is asked: after twice this long, every process works by a new set. */
  readonly pollMs?: Milliseconds;
}

/** Clients that ask for a model nobody serves cost the store no more than one question in this time. */
const CATCH_UP_MS: Milliseconds = 50;

export const POLICY_POLL_MS: Milliseconds = 5_000;

export const nameOf = (policy: Pick<DataPolicy, "namespace" | "name">): PolicyName =>
  `${policy.namespace}/${policy.name}`;

/** Whether a policy that says `now` may find in a text what one that said `former` left in it. */
export function findsMore(now: PrivacyPolicy, former: PrivacyPolicy): boolean {
  const known = new Set(former.custom.map(({ name, pattern }) => `${name}/${pattern}`));
  return (
    now.detect.some((kind) => !former.detect.includes(kind)) ||
    now.custom.some(({ name, pattern }) => !known.has(`${name}/${pattern}`))
  );
}

/** Opens it with what the store has now; where that cannot be asked, with nothing, and goes on asking. */
export async function openPolicyBook(deps: PolicyBookDeps): Promise<PolicyBook> {
  const { policies, clock, log, pollMs = POLICY_POLL_MS } = deps;
  let known: PolicySet | undefined;
  let byModel = new Map<string, DataPolicy>();
  let byName = new Map<PolicyName, DataPolicy>();
  let cancel = () => {};
  let closed = false;
  let caughtUpAt = Number.NEGATIVE_INFINITY;

  const refresh = async () => {
    const set = await policies.current();
    if (set === undefined || set.revision === known?.revision) return;
    byModel = new Map(set.policies.map((policy) => [modelKey(policy.namespace, policy.servedModel), policy]));
    byName = new Map(set.policies.map((policy) => [nameOf(policy), policy]));
    known = set;
    log.info({ revision: set.revision, policies: set.policies.length }, "policies in force");
  };
  const poll = async () => {
    try {
      await refresh();
    } catch (error) {
      log.warn({ error: error instanceof Error ? error.name : "unknown" }, "the policies could not be read");
    }
    if (!closed) cancel = clock.setTimer(pollMs, () => void poll());
  };

  await poll();
  return {
    current: () => known,
    forModel: (tenant, servedModel) => byModel.get(modelKey(tenant, servedModel)),
    named: (name) => byName.get(name),
    refresh,
    catchUp: async () => {
      const before = known?.revision;
      if (clock.elapsed() - caughtUpAt < CATCH_UP_MS) return false;
      caughtUpAt = clock.elapsed();
      await refresh();
      return known?.revision !== before;
    },
    close: () => {
      closed = true;
      cancel();
    },
  };
}

const modelKey = (tenant: Tenant, servedModel: string) => `${tenant}/${servedModel}`;
