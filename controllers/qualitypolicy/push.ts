import type { DataPolicy, PolicySet } from "../../src/api/learning/policies.ts";
import { QualityPolicies } from "../../src/api/v1alpha1/kinds.ts";
import { type QualityPolicySpec, qualityPolicySpec } from "../../src/api/v1alpha1/qualitypolicy.ts";
import { canonicalJson } from "../../src/domain/identity.ts";
import type { Cache } from "../../src/kube/cache.ts";
import type { ObjectKey } from "../../src/kube/object.ts";
import type { Milliseconds } from "../../src/runtime/plan.ts";
import { type RepeatOptions, repeat } from "../common/repeat.ts";

/** What the data plane is asked for and told. Each rejects when it cannot be reached, or refuses. */
export interface PolicyDoor {
  policies(signal: AbortSignal): Promise<PolicySet | undefined>;
  replacePolicies(set: PolicySet, signal: AbortSignal): Promise<void>;
}

/** What is known of the data plane's policies. */
export type PushState =
  | {
      readonly state: "inForce";
      /** What it works by, as canonical JSON, by the policy's name. */
      readonly told: Readonly<Record<string, string>>;
    }
  | { readonly state: "pending" }
  | { readonly state: "failing"; readonly message: string };

export interface PolicyPushOptions extends RepeatOptions {
  readonly door: PolicyDoor;
  readonly namespace: string;
  /** Called when the state of pushing has changed. */
  readonly onChange: () => void;
}

/** How long an answer that nothing has changed is believed: a data plane restored from a backup is told anew. */
const BELIEVED: Milliseconds = 60_000;

/** The policies that the data plane is to work by, in a fixed order. One that cannot be carried out, or serves under a name that an older one holds, is none. */
export function dataPolicies(cache: Cache, namespace: string): DataPolicy[] {
  const byAge = cache
    .list(QualityPolicies, { namespace })
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .sort((a, b) => (age(a.metadata) < age(b.metadata) ? -1 : 1));
  const served = new Map<string, DataPolicy>();
  for (const { metadata, spec } of byAge) {
    const parsed = qualityPolicySpec.safeParse(spec);
    if (!parsed.success || served.has(parsed.data.servedModel)) continue;
    served.set(parsed.data.servedModel, dataPolicyOf(namespace, metadata.name, parsed.data));
  }
  return [...served.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function dataPolicyOf(namespace: string, name: string, spec: QualityPolicySpec): DataPolicy {
  const { servedModel, privacy, assessment, dataset } = spec;
  return { namespace, name, servedModel, privacy, assessment, dataset };
}

/** How far the data plane is with one policy: it may work by others, or by this one as it was before it was changed. */
export function pushOf(state: PushState, { namespace, name }: ObjectKey, spec: QualityPolicySpec): PushState {
  if (state.state !== "inForce") return state;
  return state.told[name] === canonicalJson(dataPolicyOf(namespace, name, spec)) ? state : { state: "pending" };
}

function age({ creationTimestamp = "", name }: { readonly creationTimestamp?: string; readonly name: string }): string {
  return `${creationTimestamp} ${name}`;
}

/** Keeps the data plane's policies equal to the cluster's: level-triggered, so that a lost answer or a restored database mends itself. */
export class PolicyPush {
  readonly #options: PolicyPushOptions;
  #state: PushState = { state: "pending" };
  #confirmed: { readonly text: string; readonly at: Milliseconds } | undefined;
  #repeating: { close(): void } | undefined;

  constructor(options: PolicyPushOptions) {
    this.#options = options;
  }

  get state(): PushState {
    return this.#state;
  }

  start(): void {
    this.#repeating = repeat(this.#options, (cache, signal) => this.#turn(cache, signal));
  }

  close(): void {
    this.#repeating?.close();
  }

  async #turn(cache: Cache, signal: AbortSignal): Promise<void> {
    const { namespace, log } = this.#options;
    try {
      const policies = dataPolicies(cache, namespace);
      await this.#push(policies, signal);
      const told = Object.fromEntries(policies.map((policy) => [policy.name, canonicalJson(policy)]));
      this.#become({ state: "inForce", told });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#confirmed = undefined;
      if (this.#state.state !== "failing" || this.#state.message !== message)
        log.warn({ err: message }, "the data plane could not be told its policies; trying again");
      this.#become({ state: "failing", message });
    }
  }

  async #push(policies: readonly DataPolicy[], signal: AbortSignal): Promise<void> {
    const { door, clock, log } = this.#options;
    const text = canonicalJson(policies);
    if (this.#confirmed?.text === text && clock.elapsed() - this.#confirmed.at < BELIEVED) return;
    const inForce = await door.policies(signal);
    if (inForce === undefined || canonicalJson(inForce.policies) !== text) {
      const revision = (inForce?.revision ?? 0) + 1;
      await door.replacePolicies({ revision, policies: [...policies] }, signal);
      log.info({ revision, policies: policies.length }, "the data plane works by new policies");
    }
    this.#confirmed = { text, at: clock.elapsed() };
  }

  #become(state: PushState): void {
    const changed = JSON.stringify(state) !== JSON.stringify(this.#state);
    this.#state = state;
    if (changed) this.#options.onChange();
  }
}
