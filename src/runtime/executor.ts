import type { KubeApi } from "../kube/api.ts";
import type { Cache } from "../kube/cache.ts";
import { contains } from "../kube/contains.ts";
import { isConflict, isNotFound } from "../kube/errors.ts";
import type { Occurrence } from "../kube/events.ts";
import { canonical, sameJson } from "../kube/json.ts";
import { type KubeObject, keyOf, keyText, resourceOf } from "../kube/object.ts";
import { dropOldest } from "./bounded.ts";
import { type Call, Children, type Seen } from "./children.ts";
import { hasCode, RuntimeError } from "./errors.ts";
import { OUR_PREFIX } from "./identity.ts";
import { onlyWhileLeading } from "./leading.ts";
import type { Milliseconds, Plan } from "./plan.ts";

export interface ExecutorOptions {
  readonly api: KubeApi;
  readonly cache: Cache;
  /** `qi-learning-<controller>`. */
  readonly fieldManager: string;
  readonly isLeader: () => boolean;
  readonly events: { record(object: KubeObject, occurrence: Occurrence): void };
}

export type Execution = {
  /** recorded: a decision was made durable, and nothing else done. outdated: the plan was made from a world that is gone. */
  readonly outcome: "done" | "recorded" | "outdated";
  /** Our writes, each as a question to the cache: until all are true, the next plan would be made from the past. */
  readonly writes: readonly Seen[];
  readonly requeueAfter?: Milliseconds;
};

/** Carries out plans, in the order that plan.ts gives. Throws what a retry may help against; a lost race is no error. */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #api: KubeApi;
  readonly #children: Children;
  /** By uid: the status last written, so that one that others have added to is not written again and again. */
  readonly #statuses = new Map<string, string>();

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#api = onlyWhileLeading(options.api, options.isLeader);
    this.#children = new Children({ ...options, api: this.#api });
  }

  async execute(primary: KubeObject, plan: Plan<unknown>, call: Call): Promise<Execution> {
    const writes: Seen[] = [];
    try {
      const outcome = await this.#carryOut(primary, plan, call, (seen) => seen !== undefined && writes.push(seen));
      return { outcome, writes, ...(plan.requeueAfter === undefined ? {} : { requeueAfter: plan.requeueAfter }) };
    } catch (error) {
      if (isConflict(error) || hasCode(error, "Changed")) return { outcome: "outdated", writes };
      throw error;
    }
  }

  async #carryOut(
    primary: KubeObject,
    plan: Plan<unknown>,
    call: Call,
    wrote: (seen: Seen | undefined) => void,
  ): Promise<"done" | "recorded" | "outdated"> {
    let current = primary;
    if (plan.finalizers !== undefined) {
      const held = await this.#finalizers(current, plan.finalizers, call);
      if (held === undefined) return "outdated";
      current = held;
      if (current !== primary) wrote(this.#seen(current));
      // The last finalizer was all that held it: there is nothing left to write to.
      if (current.metadata.deletionTimestamp !== undefined && !current.metadata.finalizers?.length) return "done";
    }
    if (plan.record !== undefined) {
      const recorded = await this.#writeStatus(current, plan.record, call);
      if (recorded === undefined) return "outdated";
      if (recorded.metadata.resourceVersion === current.metadata.resourceVersion)
        throw new RuntimeError(
          "InvalidPlan",
          `${name(primary)}: the plan records what is recorded already, and would do so for ever`,
        );
      wrote(this.#seen(recorded));
      this.#tell(primary, plan);
      return "recorded";
    }
    for (const object of plan.create) wrote(await this.#children.create(object, call));
    for (const object of plan.apply) wrote(await this.#children.apply(object, call));
    for (const adjustment of plan.adjust ?? []) wrote(await this.#children.adjust(adjustment, call));
    for (const ref of plan.remove) wrote(await this.#children.remove(ref, call));
    if (plan.status !== undefined && !this.#isStatus(current, plan.status)) {
      const written = await this.#writeStatus(current, plan.status, call);
      if (written === undefined) return "outdated";
      wrote(this.#seen(written));
    }
    this.#tell(primary, plan);
    return "done";
  }

  /** Undefined when the object is gone. Only ours: what others hold an object for is not our business. */
  async #finalizers(primary: KubeObject, wanted: readonly string[], call: Call): Promise<KubeObject | undefined> {
    const foreign = wanted.find((finalizer) => !finalizer.startsWith(OUR_PREFIX));
    if (foreign !== undefined)
      throw new RuntimeError("InvalidPlan", `${name(primary)}: finalizer ${foreign} is not under ${OUR_PREFIX}`);
    const now = primary.metadata.finalizers ?? [];
    const next = [...now.filter((one) => !one.startsWith(OUR_PREFIX) || wanted.includes(one))];
    // An object on its way out takes no new finalizers: the server refuses them.
    if (primary.metadata.deletionTimestamp === undefined)
      for (const one of wanted) if (!next.includes(one)) next.push(one);
    if (sameJson(now, next)) return primary;
    const { uid, resourceVersion } = primary.metadata;
    const body = { metadata: { uid, resourceVersion, finalizers: next } };
    try {
      return await this.#api.patch(resourceOf(primary), keyOf(primary), body, this.#writing(call));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Undefined when the object is gone. */
  async #writeStatus(on: KubeObject, status: unknown, call: Call): Promise<KubeObject | undefined> {
    const { name, namespace, uid, resourceVersion } = on.metadata;
    const metadata = { name, namespace, uid, resourceVersion } as KubeObject["metadata"];
    const body = { apiVersion: on.apiVersion, kind: on.kind, metadata, status };
    try {
      const written = await this.#api.apply<KubeObject>(body, { ...this.#writing(call), subresource: "status" });
      this.#remember(uid ?? "", canonical(status));
      return written;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /**
   * Whether there is nothing to write: it reads exactly so; or it has all of it, and it is what we wrote last, so that
   * whatever it has more is another controller's.
   */
  #isStatus(primary: KubeObject, planned: unknown): boolean {
    const observed = (primary as { status?: unknown }).status;
    if (sameJson(observed, planned)) return true;
    return contains(observed, planned) && this.#statuses.get(primary.metadata.uid ?? "") === canonical(planned);
  }

  #remember(uid: string, status: string): void {
    this.#statuses.delete(uid);
    this.#statuses.set(uid, status);
    dropOldest(this.#statuses);
  }

  #tell(primary: KubeObject, plan: Plan<unknown>): void {
    if (!this.#options.isLeader()) return;
    for (const event of plan.events) this.#options.events.record(primary, event);
  }

  #seen(object: KubeObject): Seen | undefined {
    const { cache } = this.#options;
    const { resourceVersion } = object.metadata;
    if (resourceVersion === undefined || !cache.has(resourceOf(object))) return undefined;
    return () => cache.observedAtLeast(resourceOf(object), keyOf(object), resourceVersion);
  }

  #writing(call: Call) {
    return { fieldManager: this.#options.fieldManager, ...call };
  }
}

const name = (object: KubeObject) => `${object.kind} ${keyText(keyOf(object))}`;
