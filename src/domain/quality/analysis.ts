import type { QualityDimension } from "./confidence.ts";
import { STEERING } from "./numbers.ts";
import { quantile, type Share, shortfall, wilson } from "./statistics.ts";
import type { Lean } from "./threshold.ts";

const { minSamples, minShortfall, falseFindings, failingBelow, mostFindings } = STEERING.analysis;

/** What is compared: a dimension, the overall score, or the share that reached the threshold. */
export type Measure = QualityDimension | "overall" | "accepted";

export interface Figure extends Share {
  /** `all`, or `language:go`, `tool:shell`, `kind:prompt`, `model:…`. */
  readonly facet: string;
  readonly measure: Measure;
}

export interface Finding {
  readonly kind: "BelowRest" | "Falling" | "Failing";
  readonly facet: string;
  readonly measure: Measure;
  readonly n: number;
  readonly mean: number;
  /** What it was compared with. */
  readonly against: number;
  /** The shortfall, as sure as the whole analysis is. */
  readonly atLeast: number;
  readonly sentence: string;
}

export interface QualityAnalysis {
  /** What costs most quality first: shortfall times number. */
  readonly findings: readonly Finding[];
  readonly comparisons: number;
  readonly lean: Lean;
}

interface Comparison {
  readonly figure: Figure;
  readonly kind: Finding["kind"];
  readonly against: Share;
}

/**
 * Where quality is low: each facet against the rest, all of now against all of the time before, and each dimension
 * against the bar under which it fails. A finding is one that its bound leaves no doubt about, with the number of
 * comparisons taken into account.
 */
export function analyseQuality(now: readonly Figure[], before: readonly Figure[]): QualityAnalysis {
  const all = new Map(now.filter(isAll).map((figure) => [figure.measure, figure]));
  const earlier = new Map(before.filter(isAll).map((figure) => [figure.measure, figure]));
  const comparisons = now
    .flatMap((figure): Comparison[] => {
      const { measure } = figure;
      if (!isAll(figure)) {
        const rest = without(all.get(measure), figure);
        return rest === undefined ? [] : [{ figure, kind: "BelowRest", against: rest }];
      }
      const then = earlier.get(measure);
      return [
        ...(then === undefined ? [] : [{ figure, kind: "Falling" as const, against: then }]),
        ...(measure === "accepted"
          ? []
          : [{ figure, kind: "Failing" as const, against: { n: Number.POSITIVE_INFINITY, mean: failingBelow } }]),
      ];
    })
    .filter(({ figure, against }) => figure.n >= minSamples && against.n >= minSamples);
  const z = quantile(falseFindings / Math.max(1, comparisons.length));
  const findings = comparisons
    .flatMap((comparison) => found(comparison, z))
    .sort((a, b) => lost(b) - lost(a) || compare(a, b))
    .slice(0, mostFindings);
  return { findings, comparisons: comparisons.length, lean: leaning(findings) };
}

function found({ figure, kind, against }: Comparison, z: number): readonly Finding[] {
  const { by, atLeast } =
    kind === "Failing"
      ? { by: against.mean - figure.mean, atLeast: against.mean - wilson(figure, z).upper }
      : shortfall(figure, against, z);
  if (atLeast <= 0 || by < minShortfall) return [];
  const { facet, measure, n, mean } = figure;
  const told = `${subject(facet)}: ${name(measure)} ${measure === "accepted" ? "is" : "averages"} ${mean.toFixed(2)} over ${n} interactions`;
  const sentence = {
    BelowRest: `${told}, ${by.toFixed(2)} below the ${against.mean.toFixed(2)} of the other ${against.n} (surely ${atLeast.toFixed(2)}).`,
    Falling: `${told}, ${by.toFixed(2)} below the ${against.mean.toFixed(2)} of the time before (surely ${atLeast.toFixed(2)}).`,
    Failing: `${told}, surely below ${failingBelow}.`,
  }[kind];
  return [{ kind, facet, measure, n, mean, against: against.mean, atLeast, sentence }];
}

/** Only a fall moves the threshold: what was always low would hold it up for ever. */
function leaning(findings: readonly Finding[]): Lean {
  const fall = findings.find(({ kind, measure }) => kind === "Falling" && LEADING.has(measure));
  return fall === undefined ? { toward: "neither" } : { toward: "stricter", because: fall.sentence };
}

/** What a person would notice. Efficiency or style may fall without the answers being worse to learn from. */
const LEADING: ReadonlySet<Measure> = new Set<Measure>(["satisfaction", "functionalCorrectness", "overall"]);

function isAll({ facet }: Figure): boolean {
  return facet === "all";
}

/** The mean of all others. Undefined: there are none. */
function without(all: Figure | undefined, part: Figure): Share | undefined {
  if (all === undefined || all.n <= part.n) return undefined;
  const n = all.n - part.n;
  return { n, mean: Math.min(1, Math.max(0, (all.n * all.mean - part.n * part.mean) / n)) };
}

function lost({ n, mean, against }: Finding): number {
  return n * (against - mean);
}

function compare(a: Finding, b: Finding): number {
  const [left, right] = [`${a.facet} ${a.measure} ${a.kind}`, `${b.facet} ${b.measure} ${b.kind}`];
  return left < right ? -1 : Number(left > right);
}

function subject(facet: string): string {
  if (facet === "all") return "All";
  const [kind = "", ...value] = facet.split(":");
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)} ${value.join(":")}`;
}

function name(measure: Measure): string {
  if (measure === "accepted") return "the share that reaches the threshold";
  return measure === "overall" ? "the overall score" : measure;
}
