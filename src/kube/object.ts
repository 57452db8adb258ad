/** What every Kubernetes object has, as plain JSON. Objects handed out by the cache are frozen. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** The part of ObjectMeta that this project reads or writes. Times are RFC 3339 strings. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** A kind that an API server serves. `T` is the object's type and exists only for the compiler. */
export interface Resource<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly object?: T;
}

/** Names one object of a kind. `namespace` is empty for a cluster-scoped one. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/** Names one object so exactly that a write meant for it can reach no other: `uid` is a precondition of removal. */
export interface Ref extends ObjectKey {
  readonly resource: Resource;
  readonly uid: string;
}

/** `group/version`, or `version` alone for the core group, as objects carry it in `apiVersion`. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/**
 * The resource an object belongs to. The plural follows the rule that API machinery itself uses for guessing
 * (`UnsafeGuessKindToResource`), which is right for every kind this project writes.
 */
export function resourceOf(object: Pick<KubeObject, "apiVersion" | "kind">): Resource {
  const slash = object.apiVersion.indexOf("/");
  const lower = object.kind.toLowerCase();
  const plural = lower.endsWith("s") ? `${lower}es` : lower.endsWith("y") ? `${lower.slice(0, -1)}ies` : `${lower}s`;
  return {
    group: slash < 0 ? "" : object.apiVersion.slice(0, slash),
    version: object.apiVersion.slice(slash + 1),
    kind: object.kind,
    plural,
  };
}

export function keyOf(object: KubeObject): ObjectKey {
  return { namespace: object.metadata.namespace ?? "", name: object.metadata.name };
}

/** `namespace/name`, the form in which queues and logs carry a key; `name` alone for a cluster-scoped object. */
export function keyText(key: ObjectKey): string {
  return key.namespace === "" ? key.name : `${key.namespace}/${key.name}`;
}

export function parseKey(text: string): ObjectKey {
  const slash = text.indexOf("/");
  return slash < 0 ? { namespace: "", name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

/** Names an object exactly, from what was read of it. */
export function refTo(object: KubeObject): Ref {
  const { uid } = object.metadata;
  if (uid === undefined)
    throw new Error(`${object.kind} ${keyText(keyOf(object))} has no uid: it was not read from an API server`);
  return { ...keyOf(object), resource: resourceOf(object), uid };
}

/** The owner that controls an object, if it has one. There is never more than one. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

/** The owner reference by which a child is garbage-collected with its owner and its events reach the owner's queue. */
export function controlledBy(owner: KubeObject): OwnerReference {
  const { name, uid } = owner.metadata;
  if (uid === undefined)
    throw new Error(`${owner.kind} ${name} has no uid: only an object read from the API server can own another`);
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true };
}
