import { listKey } from "../kube/contains.ts";
import type { FieldTree } from "../kube/managed.ts";

type Json = unknown;
type JsonMap = Record<string, Json>;
const isMap = (value: Json): value is JsonMap => typeof value === "object" && value !== null && !Array.isArray(value);
/** Lists whose items are told apart by a field are merged by it; any other list is one value. */
const keyed = (value: Json): value is JsonMap[] =>
  Array.isArray(value) && value.length > 0 && value.every(isMap) && listKey(value) !== undefined;
const itemName = (key: string, item: JsonMap) => `k:${JSON.stringify({ [key]: item[key] })}`;

/** The fields that a value sets, as FieldsV1 writes them. */
export function fieldsOf(value: Json): FieldTree {
  const tree: Record<string, FieldTree> = {};
  if (isMap(value))
    for (const [key, inner] of Object.entries(value)) if (inner !== undefined) tree[`f:${key}`] = fieldsOf(inner);
  if (keyed(value)) {
    const key = listKey(value) ?? "";
    for (const item of value) tree[itemName(key, item)] = { ".": {}, ...fieldsOf(item) };
  }
  return tree;
}

/** The fields of `after` that are not so in `before`. */
export function changedFields(before: Json, after: Json): FieldTree {
  if (keyed(after) && (before === undefined || keyed(before))) {
    const key = listKey(after) ?? "";
    const tree: Record<string, FieldTree> = {};
    for (const item of after) {
      const old = (before ?? []).find((one) => one[key] === item[key]);
      const inner = old === undefined ? { ".": {}, ...fieldsOf(item) } : changedFields(old, item);
      if (Object.keys(inner).length > 0) tree[itemName(key, item)] = inner;
    }
    return tree;
  }
  if (!isMap(after) || (before !== undefined && !isMap(before))) return fieldsOf(after);
  const tree: Record<string, FieldTree> = {};
  for (const [key, value] of Object.entries(after)) {
    const old = before?.[key];
    if (value === undefined || JSON.stringify(old) === JSON.stringify(value)) continue;
    const inner = changedFields(old, value);
    if (old === undefined || Object.keys(inner).length > 0 || !(isMap(value) || keyed(value))) tree[`f:${key}`] = inner;
  }
  return tree;
}

/** What is in `a` and not in `b`, by leaves. */
export function minus(a: FieldTree, b: FieldTree): FieldTree {
  const left: Record<string, FieldTree> = {};
  for (const [key, inner] of Object.entries(a)) {
    const other = b[key];
    if (other === undefined) left[key] = inner;
    else if (Object.keys(inner).length > 0) {
      const rest = minus(inner, other);
      if (Object.keys(rest).length > 0) left[key] = rest;
    }
  }
  return left;
}

/** `value` without the fields in `tree`; a map that is left empty goes too. */
export function removeFields(value: Json, tree: FieldTree): Json {
  if (keyed(value)) {
    const key = listKey(value) ?? "";
    return value.flatMap((item) => {
      const inner = tree[itemName(key, item)];
      if (inner === undefined) return [item];
      return "." in inner ? [] : [removeFields(item, inner)];
    });
  }
  if (!isMap(value)) return value;
  const left: JsonMap = {};
  for (const [key, inner] of Object.entries(value)) {
    const removed = tree[`f:${key}`];
    if (removed === undefined) left[key] = inner;
    else if (Object.keys(removed).length > 0) {
      const rest = removeFields(inner, removed);
      if (!isMap(rest) || Object.keys(rest).length > 0) left[key] = rest;
    }
  }
  return left;
}

/** `applied` laid over `live`, as server-side apply does. */
export function merge(live: Json, applied: Json): Json {
  if (keyed(applied) && keyed(live)) {
    const key = listKey(applied) ?? "";
    const added = applied.filter((item) => !live.some((one) => one[key] === item[key]));
    return [...live.map((one) => merge(one, applied.find((item) => item[key] === one[key]) ?? {})), ...added];
  }
  if (!isMap(applied)) return applied;
  const both: JsonMap = isMap(live) ? { ...live } : {};
  for (const [key, value] of Object.entries(applied)) if (value !== undefined) both[key] = merge(both[key], value);
  return both;
}

/** RFC 7396. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isMap(patch)) return patch;
  const result: JsonMap = isMap(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (value !== undefined) result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** Nobody owns what names the object or what the server keeps. */
export function ownable(part: object): FieldTree {
  const tree = Object.keys(part).some((key) => key.startsWith("f:")) ? (part as FieldTree) : fieldsOf(part);
  const { "f:apiVersion": _a, "f:kind": _k, "f:metadata": metadata = {}, ...rest } = tree;
  const owned = Object.entries(metadata).filter(([key]) =>
    ["f:labels", "f:annotations", "f:finalizers", "f:ownerReferences"].includes(key),
  );
  return owned.length === 0 ? rest : { ...rest, "f:metadata": Object.fromEntries(owned) };
}

/** What is in both. */
export const intersect = (a: FieldTree, b: FieldTree): FieldTree => minus(a, minus(a, b));
