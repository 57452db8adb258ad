import type { Manifest } from "./manifest.ts";
import { EXCLUSIONS, type Exclusion, SPLITS } from "./rows.ts";

const MEANING: Record<Exclusion, string> = {
  BelowThreshold: "never assessed, or below the threshold",
  ExcludedByReviewer: "a reviewer said so",
  AfterCut: "received after the cut",
  NoAnswer: "the answer is blank",
  ControlTokens: "holds a token that ends turns, as text",
  Contaminated: "it or a near duplicate shares 12 words in a row with an evaluation set",
  ExactDuplicate: "the same words in the same order as a better one",
  NearDuplicate: "a near duplicate of a better one",
  Unbalanced: "among the worst of a value that crowds out the others",
  ContributorCap: "among the worst of a contributor with too large a share",
};

/** The dataset in words, for people. Made of the manifest alone. */
export function cardOf(manifest: Manifest, sha256: string): string {
  const { policy, thinking, contributors, splits } = manifest;
  return `# Dataset ${sha256.slice(0, 12)}

${manifest.examples} examples for \`${policy.servedModel}\`, from ${manifest.candidates} interactions assessed at
${manifest.threshold} or above by QualityPolicy \`${policy.name}\` (revision ${policy.revision}), as of ${manifest.asOf}${
    manifest.from === undefined ? "" : `, since ${manifest.from}`
  }.
Built again from the same interactions, it has the same bytes: sha256 of \`manifest.json\` is \`${sha256}\`.

## Splits
Nothing that shares ${manifest.settings.split.groupBy.join(" or ") || "an interaction"} lies on both sides.

${table(
  ["split", "examples", "asked", "reached", "files"],
  SPLITS.map((name) => [
    name,
    splits[name].rows,
    percent(splits[name].asked),
    percent(splits[name].reached),
    splits[name].files.length,
  ]),
)}

A file lies beside this one under its sha256; the manifest gives its name. \`messages\` is JSON; of the conversation only
the message number \`learn\` was judged.

## Left out
${table(
  ["reason", "interactions", "meaning"],
  EXCLUSIONS.filter((reason) => manifest.excluded[reason] > 0).map((reason) => [
    reason,
    manifest.excluded[reason],
    MEANING[reason],
  ]),
)}

## Thinking
Asked: ${percent(thinking.asked)} with reasoning. Reached: ${percent(thinking.reached)}, and
${percent(thinking.reachedWithTraces)} once the trainer has made the ${thinking.needTrace} traces that are missing (\`needs_trace\`).
${thinking.stripped} had reasoning that is left out to come to the ratio.

## Contributors
${contributors.contributors} API keys, ${contributors.most} examples from one at most (${percent(
    contributors.most / Math.max(1, manifest.examples),
  )}). Asked: ${percent(contributors.asked)} at most.${
    contributors.relaxed === undefined
      ? ""
      : ` **Not held**: ${contributors.relaxed}; applied: ${percent(contributors.applied)}.`
  }

## What it is about
${table(["language", "examples"], byCount(manifest.languages))}

${table(["kind", "examples"], byCount(manifest.kinds))}

${manifest.balanced
  .map((one) => `The ${one.by} ${one.value} crowded out the others: ${one.before} examples became ${one.after}.\n`)
  .join("")}In ${manifest.edited} examples the user's own correction stands in for the model's code.

## Quality
${table(
  ["score", "examples"],
  manifest.quality.flatMap((count, at) =>
    count > 0 ? [[`${(at / 20).toFixed(2)} to ${((at + 1) / 20).toFixed(2)}`, count]] : [],
  ),
)}

## Evaluation sets kept out
${
  manifest.evaluation.length === 0
    ? "None were given: nothing is known about contamination."
    : table(
        ["set", "sha256", "lines", "texts of 12 words or more"],
        manifest.evaluation.map((set) => [set.name, set.sha256, set.lines, set.texts]),
      )
}

## Privacy
Secrets and personal data were replaced by placeholders before anything was stored. \`members.ndjson\` names every
interaction in it, so that erasing a person finds this dataset.
`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function byCount(counts: Readonly<Record<string, number>>): (readonly [string, number])[] {
  return Object.entries(counts).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}
