import type { Instant } from "../kube/clock.ts";

/** metav1.Condition. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/** Longer messages are cut: a status is read by people, and the server bounds it at 32768. */
const MESSAGE_LIMIT = 1024;

/**
 * The list with one condition set. `lastTransitionTime` moves only when `status` does. When nothing changes, the same
 * list comes back, so that an unchanged status is seen to be unchanged. Sorted by type, so that it reads the same each time.
 */
export function setCondition(
  list: readonly Condition[],
  wanted: Pick<Condition, "type" | "status" | "reason" | "message">,
  at: { readonly now: Instant; readonly observedGeneration?: number },
): readonly Condition[] {
  const before = list.find((condition) => condition.type === wanted.type);
  const message = truncate(wanted.message);
  const observedGeneration = at.observedGeneration ?? before?.observedGeneration;
  if (
    before !== undefined &&
    before.status === wanted.status &&
    before.reason === wanted.reason &&
    before.message === message &&
    before.observedGeneration === observedGeneration
  )
    return list;
  const after: Condition = {
    type: wanted.type,
    status: wanted.status,
    reason: wanted.reason,
    message,
    lastTransitionTime: before?.status === wanted.status ? before.lastTransitionTime : rfc3339(at.now),
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
  return [...list.filter((condition) => condition.type !== wanted.type), after].sort((a, b) =>
    a.type < b.type ? -1 : 1,
  );
}

/** Kubernetes' Time has whole seconds; a fraction would be cut by the server and the status would never look as planned. */
export function rfc3339(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** Cut to the limit by code point, so that no character is halved. */
function truncate(message: string): string {
  if (message.length <= MESSAGE_LIMIT) return message;
  const cut = message.slice(0, MESSAGE_LIMIT - 1);
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
