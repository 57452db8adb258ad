import { scoreOf } from "../../queue/testing/memory-store.ts";
import { refOf } from "../../queue/testing/refs.ts";
import type { Scored } from "../../store/port.ts";

/** The score of the n-th interaction of a test. */
export function score(n: number, changes: Partial<Scored> = {}): Scored {
  const { tenant, id } = refOf(n);
  const facts = { tenant, id, policy: "team/coder", at: 1 };
  return { ...scoreOf({ interaction: { facts, feedbackSeq: 0 } } as never), ...changes };
}
