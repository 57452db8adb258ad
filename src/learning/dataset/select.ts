import type { DatasetPolicy } from "../../api/learning/policies.ts";
import { type Balanced, balance } from "./balance.ts";
import { type ContributorCap, capContributors } from "./contributors.ts";
import { removeDuplicates } from "./duplicates.ts";
import { DatasetRefused } from "./errors.ts";
import type { LinkFile } from "./links.ts";
import { EXCLUSIONS, type Rows, worstFirst } from "./rows.ts";
import { split, type Totals } from "./splits.ts";
import { classifyThinking, type ThinkingRatio } from "./thinking.ts";

export interface Links {
  readonly exact: LinkFile;
  readonly near: LinkFile;
  readonly groups: LinkFile;
}

export interface Stage {
  readonly stage: "assessed" | "unique" | "balanced" | "capped";
  readonly left: number;
}

export interface Selected {
  readonly stages: readonly Stage[];
  readonly balanced: readonly Balanced[];
  readonly cap: ContributorCap;
  readonly totals: Totals;
  readonly thinking: ThinkingRatio;
}

/** Decides which rows are in, in which split, and how they are learnt. Refuses what must not be trained on. */
export async function select(
  rows: Rows,
  links: Links,
  policy: DatasetPolicy,
  pause: () => Promise<void>,
): Promise<Selected> {
  const stages: Stage[] = [];
  const done = (stage: Stage["stage"]): number => {
    const left = rows.countIn();
    stages.push({ stage, left });
    return left;
  };
  done("assessed");
  const order = worstFirst(rows);
  await removeDuplicates(rows, order, links.exact, links.near, pause);
  done("unique");
  const balanced = balance(rows, order, policy.balanceBy, policy.minExamples);
  const before = done("balanced");
  const cap = capContributors(rows, order, policy.maxSharePerContributor, policy.minExamples);
  const left = done("capped");
  refuseTooFew(rows, before, left, policy, cap);
  const totals = await split(rows, links.groups, policy.split, pause);
  refuseUneven(totals, policy);
  const thinking = classifyThinking(rows, order, policy.thinkingRatio);
  return { stages, balanced, cap, totals, thinking };
}

function refuseTooFew(rows: Rows, before: number, left: number, policy: DatasetPolicy, cap: ContributorCap): void {
  const { minExamples, maxSharePerContributor } = policy;
  if (left >= minExamples) return;
  const figures = { candidates: rows.count, examples: left, minExamples, ...excludedBy(rows) };
  if (before >= minExamples) {
    throw new DatasetRefused(
      "ContributorsTooUneven",
      `${before} examples, but only ${left} of ${minExamples} if none of ${cap.contributors} contributors may have more ` +
        `than ${maxSharePerContributor} of them: collect from more people, or raise dataset.maxSharePerContributor`,
      { ...figures, contributors: cap.contributors },
    );
  }
  throw new DatasetRefused(
    "TooFewExamples",
    `${left} of ${minExamples} examples, from ${rows.count} candidates`,
    figures,
  );
}

function refuseUneven(totals: Totals, { split: asked }: DatasetPolicy): void {
  const [train, validation, test] = totals;
  const figures = { train, validation, test };
  const all = train + validation + test;
  const empty = [
    ...(train === 0 ? ["train"] : []),
    ...(asked.validation > 0 && validation === 0 ? ["validation"] : []),
    ...(asked.test > 0 && test === 0 ? ["test"] : []),
  ];
  const together = `of ${all} examples too many share ${asked.groupBy.join(" or ")}`;
  const advice = "take one from dataset.split.groupBy, or ask for smaller or no other splits";
  if (empty.length > 0) {
    throw new DatasetRefused(
      "SplitEmpty",
      `nothing is left for ${empty.join(" and ")}: ${together}; ${advice}`,
      figures,
    );
  }
  if (train < (all * (1 - asked.validation - asked.test)) / 2) {
    throw new DatasetRefused(
      "SplitTooUneven",
      `${train} examples are left to train on: ${together}; ${advice}`,
      figures,
    );
  }
}

function excludedBy(rows: Rows): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let row = 0; row < rows.count; row++) {
    const reason = EXCLUSIONS[(rows.state[row] ?? 0) - 1];
    if (reason !== undefined) counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
}
