import type { Feedback, RETENTION_POINTS } from "../../api/learning/feedback.ts";

export type RetentionPoint = (typeof RETENTION_POINTS)[number];
type Of<Type extends Feedback["type"]> = Extract<Feedback, { type: Type }>;

/** Of each kind of feedback the last word. Undefined: nobody said. */
export interface LastWords {
  readonly rating: Of<"rating"> | undefined;
  readonly acceptance: Of<"acceptance"> | undefined;
  /** Of each block of code. */
  readonly edits: readonly Of<"edit">[];
  /** The one looked at latest after the acceptance. */
  readonly retention: Of<"retention"> | undefined;
  readonly compile: Of<"compile"> | undefined;
  readonly test: Of<"test"> | undefined;
  readonly deploy: Of<"deploy"> | undefined;
}

const REACH: Readonly<Record<RetentionPoint, number>> = { "30s": 0, "2m": 1, "5m": 2, "10m": 3, commit: 4 };

/**
 * Later feedback of a type counts instead of the earlier. Later by the client's clock, then by id: the order in which
 * it happened to arrive changes nothing.
 */
export function lastWords(feedback: readonly Feedback[]): LastWords {
  const ordered = feedback
    .map((item) => ({ item, at: Date.parse(item.at) }))
    .sort((a, b) => a.at - b.at || (a.item.id < b.item.id ? -1 : 1));
  const edits = new Map<number, Of<"edit">>();
  let last: Omit<LastWords, "edits"> = {
    rating: undefined,
    acceptance: undefined,
    retention: undefined,
    compile: undefined,
    test: undefined,
    deploy: undefined,
  };
  for (const { item } of ordered) {
    if (item.type === "edit") edits.set(item.block, item);
    else if (item.type === "retention") {
      const reached = last.retention === undefined ? -1 : REACH[last.retention.point];
      if (REACH[item.point] >= reached) last = { ...last, retention: item };
    } else if (item.type !== "comment") last = { ...last, [item.type]: item };
  }
  return { ...last, edits: [...edits.values()].sort((a, b) => a.block - b.block) };
}
