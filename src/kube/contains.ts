/**
 * Whether `observed` has everything that `planned` says, whatever else it has: the server fills in defaults, and others
 * own fields of the same object. Lists of named things match by name, other lists place by place.
 */
export function contains(observed: unknown, planned: unknown): boolean {
  if (planned === undefined) return true;
  if (Array.isArray(planned)) return Array.isArray(observed) && containsList(observed, planned);
  if (typeof planned === "object" && planned !== null) {
    if (typeof observed !== "object" || observed === null) return isEmpty(planned) && observed === undefined;
    return Object.entries(planned).every(([key, value]) => contains((observed as Record<string, unknown>)[key], value));
  }
  return observed === planned || (observed === undefined && planned === null);
}

/** By which field the items of a list are told apart, as `listMapKeys` has it for the kinds we write. */
const LIST_KEYS = ["uid", "name", "type", "containerPort", "port", "mountPath", "key", "ip", "number"] as const;

/** The field that tells the items of a list apart; undefined for lists of plain values, or without one. */
export function listKey(items: readonly unknown[]): (typeof LIST_KEYS)[number] | undefined {
  return LIST_KEYS.find((key) => {
    const values = items.map((item) => (item as Record<string, unknown> | null)?.[key]);
    return (
      values.every((value) => value !== undefined && typeof value !== "object") && new Set(values).size === items.length
    );
  });
}

function containsList(observed: readonly unknown[], planned: readonly unknown[]): boolean {
  const key = planned.length === 0 ? undefined : listKey(planned);
  if (key === undefined || listKey(observed) !== key)
    return observed.length === planned.length && planned.every((item, index) => contains(observed[index], item));
  const byKey = new Map(observed.map((item) => [(item as Record<string, unknown>)[key], item]));
  return planned.every((item) => contains(byKey.get((item as Record<string, unknown>)[key]), item));
}

/** The server drops empty maps and lists from what it stores. */
const isEmpty = (value: object) => Object.keys(value).length === 0;
