/** @import { Content, Item } from "./types.d.ts" */
import { el } from "./dom.js";

/** @type {Readonly<Record<string, string>>} */
const DIMENSIONS = {
  satisfaction: "Satisfaction",
  functionalCorrectness: "Functional correctness",
  codeQuality: "Code quality",
  contextRelevance: "Context relevance",
  efficiency: "Efficiency",
};

/**
 * What we thought of it, and why.
 * @param {Content} content
 * @param {Item} item
 */
export function scoreCard({ assessment, threshold }, item) {
  const overall = assessment?.overall ?? item.predicted;
  const confidence = assessment?.confidence ?? item.confidence;
  const inside = overall >= threshold;
  return el(
    "section",
    { class: "card", "aria-label": "Our score" },
    el("h3", null, "Our score"),
    el(
      "div",
      { class: "overall" },
      el("strong", null, overall.toFixed(2)),
      el("span", { class: inside ? "side in" : "side out" }, inside ? "would be included" : "would be left out"),
    ),
    bar(overall, {
      threshold,
      label: `overall ${overall.toFixed(2)}, threshold ${threshold.toFixed(2)}`,
      class: "wide",
    }),
    el("p", { class: "under" }, `threshold ${threshold.toFixed(2)} · ${percent(confidence)} certain`),
    el(
      "dl",
      { class: "dimensions" },
      ...Object.entries(DIMENSIONS).flatMap(([name, title]) => {
        const value = assessment?.dimensions[name];
        return [
          el("dt", null, title),
          value === undefined
            ? el("dd", { class: "unknown" }, "no evidence")
            : el(
                "dd",
                null,
                bar(value, { label: `${title} ${value.toFixed(2)}` }),
                el("span", { class: "figure" }, value.toFixed(2)),
              ),
        ];
      }),
    ),
    assessment === undefined || assessment.why.length === 0
      ? undefined
      : el("ol", { class: "why", "aria-label": "Why" }, ...assessment.why.map((sentence) => el("li", null, sentence))),
    assessment === undefined ? undefined : el("p", { class: "fine" }, `assessor ${assessment.assessor}`),
  );
}

/**
 * @param {number} value
 * @param {{ label: string, threshold?: number, class?: string }} look
 */
export function bar(value, { label, threshold, class: kind }) {
  const inner = el("span", { class: "bar-fill" });
  inner.style.width = `${Math.round(value * 100)}%`;
  const track = el("span", { class: `bar ${kind ?? ""}`.trim(), role: "img", "aria-label": label }, inner);
  if (threshold !== undefined) {
    const mark = el("span", { class: "bar-threshold" });
    mark.style.left = `${threshold * 100}%`;
    track.append(mark);
  }
  return track;
}

/** @param {number} share */
export const percent = (share) => `${Math.round(share * 100)} %`;
