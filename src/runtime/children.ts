import type { KubeApi } from "../kube/api.ts";
import type { Cache } from "../kube/cache.ts";
import { contains } from "../kube/contains.ts";
import { isAlreadyExists } from "../kube/errors.ts";
import { canonical, sameJson } from "../kube/json.ts";
import { managedFieldsOf, ownedThroughApply } from "../kube/managed.ts";
import { type KubeObject, keyOf, keyText, type Ref, resourceOf } from "../kube/object.ts";
import { dropOldest } from "./bounded.ts";
import { digest } from "./digest.ts";
import { RuntimeError } from "./errors.ts";
import { assertIdentifiable, assertOurs, OUR_PREFIX } from "./identity.ts";
import type { Adjustment } from "./plan.ts";

/** Carries the digest of what was applied last, so that a plan that dropped a field is seen to differ, also after a restart. */
export const APPLIED_ANNOTATION = `${OUR_PREFIX}applied`;

/** A write that was made, as a question to the cache: is it seen? */
export type Seen = () => boolean;

export interface Call {
  readonly signal: AbortSignal;
}

/** What we applied last to an object, and what the server made of it. */
interface Applied {
  readonly wanted: string;
  readonly result: string;
}

/** The objects that plans want: created, kept as planned, removed. Writes nothing that is already so. */
export class Children {
  readonly #api: KubeApi;
  readonly #cache: Cache;
  readonly #fieldManager: string;
  /** By uid. Bounded, since it only saves writes. */
  readonly #applied = new Map<string, Applied>();

  constructor(options: { api: KubeApi; cache: Cache; fieldManager: string }) {
    this.#api = options.api;
    this.#cache = options.cache;
    this.#fieldManager = options.fieldManager;
  }

  /** Creates it unless it is there. What is there must be ours; whether it still reads as planned is nobody's concern. */
  async create(planned: KubeObject, call: Call): Promise<Seen | undefined> {
    const existing = await this.#observe(planned, call);
    if (existing !== undefined) {
      assertOurs(existing, planned);
      return undefined;
    }
    const made = await this.#post(planned, call);
    return made.created ? this.#seen(made.object) : undefined;
  }

  /** Creates it, or changes what differs, on the condition that it is still as it was observed. */
  async apply(planned: KubeObject, call: Call): Promise<Seen | undefined> {
    const { stamped, wanted } = stamp(planned);
    let existing = await this.#observe(planned, call);
    if (existing === undefined) {
      const made = await this.#post(withReplicas(stamped, planned), call);
      if (made.created) {
        this.#remember(made.object, wanted);
        return this.#seen(made.object);
      }
      existing = made.object;
    }
    assertOurs(existing, planned);
    const name = `${planned.kind} ${keyText(keyOf(planned))}`;
    if (existing.metadata.deletionTimestamp !== undefined)
      throw new RuntimeError("BeingDeleted", `${name} is being deleted: it is made anew once it is gone`);
    if (this.#isAsPlanned(existing, stamped, wanted)) return undefined;
    const { uid, resourceVersion } = await this.#ownThroughApply(existing, call);
    const metadata = { ...stamped.metadata, uid, resourceVersion } as KubeObject["metadata"];
    const result = await this.#api.apply({ ...stamped, metadata }, { fieldManager: this.#fieldManager, ...call });
    this.#remember(result, wanted);
    return this.#seen(result);
  }

  /** Changes what differs. An object that is gone, or that another has taken the name of, needs no change. */
  async adjust({ ref, change }: Adjustment, call: Call): Promise<Seen | undefined> {
    const observed = this.#cache.get(ref.resource, ref);
    if (observed === undefined || observed.metadata.uid !== ref.uid || reads(observed, change)) return undefined;
    const { uid, resourceVersion } = observed.metadata;
    const body = { ...change, metadata: { ...(change.metadata as object | undefined), uid, resourceVersion } };
    return this.#seen(await this.#api.patch(ref.resource, ref, body, { fieldManager: this.#fieldManager, ...call }));
  }

  async remove(ref: Ref, call: Call): Promise<Seen | undefined> {
    const cached = this.#cache.has(ref.resource);
    const held = cached ? this.#cache.get(ref.resource, ref) : undefined;
    if (held?.metadata.uid === ref.uid && held.metadata.deletionTimestamp !== undefined) return undefined;
    await this.#api.remove(ref, call);
    if (!cached) return undefined;
    return () => {
      const now = this.#cache.get(ref.resource, ref);
      return now?.metadata.uid !== ref.uid || now.metadata.deletionTimestamp !== undefined;
    };
  }

  async #observe(planned: KubeObject, call: Call): Promise<KubeObject | undefined> {
    assertIdentifiable(planned);
    const resource = resourceOf(planned);
    return this.#cache.has(resource)
      ? this.#cache.get(resource, keyOf(planned))
      : this.#api.get(resource, keyOf(planned), call);
  }

  /** The cache may be behind, or may not keep this object: the server has the last word on whether a name is free. */
  async #post(object: KubeObject, call: Call): Promise<{ created: boolean; object: KubeObject }> {
    try {
      return { created: true, object: await this.#api.create(object, { fieldManager: this.#fieldManager, ...call }) };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const existing = await this.#api.get(resourceOf(object), keyOf(object), call);
      if (existing === undefined) throw error;
      assertOurs(existing, object);
      return { created: false, object: existing };
    }
  }

  /**
   * As planned: it carries the digest of this very plan and still has all of it; or the same was applied before and
   * nothing has changed since, so that the difference is the server's way of writing it (a quantity, a default).
   */
  #isAsPlanned(existing: KubeObject, stamped: KubeObject, wanted: string): boolean {
    if (existing.metadata.annotations?.[APPLIED_ANNOTATION] !== wanted) return false;
    if (contains(existing, stamped)) return true;
    const applied = this.#applied.get(existing.metadata.uid ?? "");
    return applied?.wanted === wanted && applied.result === this.#fingerprint(existing);
  }

  async #ownThroughApply(existing: KubeObject, call: Call): Promise<{ uid?: string; resourceVersion?: string }> {
    // Not from the cache, which keeps no managedFields.
    const live = await this.#api.get(resourceOf(existing), keyOf(existing), call);
    const { uid, resourceVersion } = existing.metadata;
    if (live === undefined || live.metadata.uid !== uid || live.metadata.resourceVersion !== resourceVersion)
      throw new RuntimeError(
        "Changed",
        `${existing.kind} ${keyText(keyOf(existing))} has changed since it was observed`,
      );
    const except = scales(existing) ? [["f:spec", "f:replicas"]] : [];
    const managedFields = ownedThroughApply(managedFieldsOf(live), this.#fieldManager, except);
    if (managedFields === undefined) return live.metadata;
    const body = { metadata: { uid, resourceVersion, managedFields } };
    const patched = await this.#api.patch(resourceOf(existing), keyOf(existing), body, {
      fieldManager: this.#fieldManager,
      ...call,
    });
    return patched.metadata;
  }

  #remember(result: KubeObject, wanted: string): void {
    const uid = result.metadata.uid ?? "";
    this.#applied.delete(uid);
    this.#applied.set(uid, { wanted, result: this.#fingerprint(result) });
    dropOldest(this.#applied);
  }

  /** All that can differ from a plan: not status, and none of the server's own bookkeeping. */
  #fingerprint(object: KubeObject): string {
    const resource = resourceOf(object);
    const shaped = this.#cache.has(resource) ? this.#cache.store(resource).shape(object) : object;
    const { resourceVersion, generation, managedFields, ...metadata } = shaped.metadata as unknown as Record<
      string,
      unknown
    >;
    return digest(canonical({ ...shaped, metadata, status: undefined }));
  }

  #seen(object: KubeObject): Seen | undefined {
    const resource = resourceOf(object);
    const { resourceVersion } = object.metadata;
    if (resourceVersion === undefined || !this.#cache.has(resource)) return undefined;
    return () => this.#cache.observedAtLeast(resource, keyOf(object), resourceVersion);
  }
}

/** Whether a merge patch would change nothing: unlike a plan's objects, its lists replace what is there. */
function reads(observed: unknown, change: unknown): boolean {
  if (typeof change !== "object" || change === null || Array.isArray(change)) return sameJson(observed, change);
  if (typeof observed !== "object" || observed === null) return false;
  return Object.entries(change).every(([key, value]) => reads((observed as Record<string, unknown>)[key], value));
}

/** Kinds whose replicas belong to whoever scales them, from their creation on. */
const scales = (object: KubeObject) =>
  object.apiVersion === "apps/v1" && (object.kind === "Deployment" || object.kind === "StatefulSet");

/** What we keep as planned (all but replicas), and its digest, which it also carries. */
function stamp(planned: KubeObject): { stamped: KubeObject; wanted: string } {
  const { replicas: _, ...spec } = (planned as { spec?: Record<string, unknown> }).spec ?? {};
  const kept = scales(planned) ? { ...planned, spec } : planned;
  const wanted = digest(canonical(kept)).slice(0, 32);
  const annotations = { ...kept.metadata.annotations, [APPLIED_ANNOTATION]: wanted };
  return { stamped: { ...kept, metadata: { ...kept.metadata, annotations } }, wanted };
}

function withReplicas(stamped: KubeObject, planned: KubeObject): KubeObject {
  return scales(planned) ? ({ ...stamped, spec: (planned as { spec?: unknown }).spec } as KubeObject) : stamped;
}
