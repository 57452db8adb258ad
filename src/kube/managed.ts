import type { KubeObject } from "./object.ts";

/** An entry of metadata.managedFields: who owns which fields, and by what kind of write. */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion?: string;
  readonly time?: string;
  readonly fieldsType?: string;
  readonly fieldsV1?: FieldTree;
  readonly subresource?: string;
}

/** FieldsV1: keys `f:name`, `k:{"name":"x"}`, `v:value`, `.`; leaves are empty. */
export interface FieldTree {
  readonly [key: string]: FieldTree;
}

export function managedFieldsOf(object: KubeObject): readonly ManagedFields[] {
  return (object.metadata as { managedFields?: readonly ManagedFields[] }).managedFields ?? [];
}

/**
 * managedFields with what `manager` owns by having created the object (operation Update) owned by it through apply
 * instead. Without this, a field dropped from what we apply would stay for ever: its creator still owns it. Undefined
 * when there is nothing to change. Fields under `except` are let go: they are nobody's, so that applying without them
 * leaves them as they are. (client-go's csaupgrade does the same for kubectl.)
 */
export function ownedThroughApply(
  entries: readonly ManagedFields[],
  manager: string,
  except: readonly (readonly string[])[] = [],
): readonly ManagedFields[] | undefined {
  const isOurs = (entry: ManagedFields) => entry.manager === manager && (entry.subresource ?? "") === "";
  const created = entries.find((entry) => isOurs(entry) && entry.operation === "Update");
  if (created === undefined) return undefined;
  const applied = entries.find((entry) => isOurs(entry) && entry.operation === "Apply");
  let fields = union(applied?.fieldsV1 ?? {}, created.fieldsV1 ?? {});
  for (const path of except) fields = without(fields, path);
  const kept = entries.filter((entry) => entry !== created && entry !== applied);
  return [...kept, { ...created, operation: "Apply", fieldsV1: fields }];
}

export function union(a: FieldTree, b: FieldTree): FieldTree {
  const both: Record<string, FieldTree> = { ...a };
  for (const [key, tree] of Object.entries(b)) both[key] = union(both[key] ?? {}, tree);
  return both;
}

function without(tree: FieldTree, [first, ...rest]: readonly string[]): FieldTree {
  if (first === undefined || tree[first] === undefined) return tree;
  const { [first]: inner, ...others } = tree;
  return rest.length === 0 || inner === undefined ? others : { ...others, [first]: without(inner, rest) };
}
