import { controllerOf, type KubeObject, keyOf, keyText } from "../kube/object.ts";
import { RuntimeError } from "./errors.ts";

/** Labels, annotations and finalizers of ours. */
export const OUR_PREFIX = "learning.qi.dev/";

/** Names what an ownerless object is, where its labels don't. */
export const IDENTITY_ANNOTATION = `${OUR_PREFIX}identity`;

/**
 * Throws unless `existing` is the object that was planned, and not another's that has its name: by the uid of the owner
 * that controls it or, for an object that nothing owns, by our identity annotation, else our labels.
 */
export function assertOurs(existing: KubeObject, planned: KubeObject): void {
  const wanted = controllerOf(planned);
  const actual = controllerOf(existing);
  const taken = (theirs: string, ours: string) =>
    new RuntimeError(
      "NameTaken",
      `${planned.kind} ${keyText(keyOf(planned))} exists and ${theirs}, where ${ours} was planned`,
    );
  if (wanted !== undefined) {
    if (actual?.uid === wanted.uid) return;
    const theirs =
      actual === undefined ? "has no controller" : `is controlled by ${actual.kind} ${actual.name} (${actual.uid})`;
    throw taken(theirs, `control by ${wanted.kind} ${wanted.name} (${wanted.uid})`);
  }
  for (const [where, name, value] of marksOf(planned)) {
    const has = existing.metadata[where]?.[name];
    if (has !== value) throw taken(`has ${name}=${has ?? "(none)"}`, `${name}=${value}`);
  }
}

/** Throws when nobody could tell later who made the object: the second plan would not know it for its own. */
export function assertIdentifiable(planned: KubeObject): void {
  if (controllerOf(planned) !== undefined || marksOf(planned).length > 0) return;
  const what = `${planned.kind} ${keyText(keyOf(planned))}`;
  throw new RuntimeError("InvalidPlan", `${what} has neither an owner nor a label or annotation under ${OUR_PREFIX}`);
}

function marksOf(object: KubeObject): ["labels" | "annotations", string, string][] {
  const explicit = object.metadata.annotations?.[IDENTITY_ANNOTATION];
  if (explicit !== undefined) return [["annotations", IDENTITY_ANNOTATION, explicit]];
  return Object.entries(object.metadata.labels ?? {})
    .filter(([name]) => name.startsWith(OUR_PREFIX))
    .map(([name, value]) => ["labels", name, value]);
}
