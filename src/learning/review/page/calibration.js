/** @import { Calibration } from "./types.d.ts" */
/** @import { Api } from "./api.js" */
import { byId, el, fill } from "./dom.js";
import { bar, percent } from "./scores.js";

/**
 * Shows whether confidence means what it says.
 * @param {Api} api
 * @param {readonly string[]} policies
 * @param {string} policy
 */
export async function showCalibration(api, policies, policy) {
  const dialog = byId("calibration", HTMLDialogElement);
  const body = byId("calibration-body", HTMLDivElement);
  const chosen = policy !== "" ? policy : policies[0];
  if (!dialog.open) dialog.showModal();
  if (chosen === undefined) return fill(body, el("p", { class: "muted" }, "There is no policy yet."));
  fill(body, el("p", { class: "muted" }, "Reading …"));
  try {
    fill(body, picker(api, policies, chosen), report(await api.calibration(chosen)));
  } catch (error) {
    fill(body, el("p", { class: "problem", role: "alert" }, error instanceof Error ? error.message : "It failed."));
  }
}

/**
 * @param {Api} api
 * @param {readonly string[]} policies
 * @param {string} chosen
 */
function picker(api, policies, chosen) {
  const select = el(
    "select",
    { "aria-label": "Policy" },
    ...policies.map((name) => el("option", { value: name, selected: name === chosen }, name)),
  );
  select.addEventListener("change", () => void showCalibration(api, policies, select.value));
  return select;
}

/** @param {Calibration} calibration */
function report({ everything, lowConfidence, audit, recommendation }) {
  if (everything.n === 0)
    return el("p", { class: "muted" }, "Nothing has been decided yet. It is made from your decisions.");
  return el(
    "div",
    null,
    el(
      "div",
      { class: "figures" },
      figure("expected calibration error", everything.error),
      figure("low confidence only", lowConfidence.error),
      figure("audit only", audit.error),
    ),
    el("p", null, recommendation),
    table(everything),
    el(
      "p",
      { class: "fine" },
      `From ${everything.n} decisions. Well calibrated means: of scores that were 80 % certain, people agree with 80 %.`,
    ),
  );
}

/**
 * @param {string} name
 * @param {number | undefined} value
 */
const figure = (name, value) =>
  el(
    "p",
    { class: "figure-big" },
    el("strong", null, value === undefined ? "–" : value.toFixed(3)),
    el("span", null, name),
  );

/** @param {Calibration["everything"]} reliability */
function table({ bins }) {
  const heads = ["Confidence", "Decisions", "Said", "Agreed", ""].map((name) => el("th", { scope: "col" }, name));
  const rows = bins
    .filter(({ n }) => n > 0)
    .map(({ from, to, n, confidence = 0, agreement = 0 }) =>
      el(
        "tr",
        null,
        el("th", { scope: "row" }, `${percent(from)} – ${percent(to)}`),
        el("td", null, String(n)),
        el("td", null, percent(confidence)),
        el("td", null, percent(agreement)),
        el(
          "td",
          { class: "bar-cell" },
          bar(agreement, {
            threshold: confidence,
            label: `agreed ${percent(agreement)}, said ${percent(confidence)}`,
            class: "wide",
          }),
        ),
      ),
    );
  return el("table", { class: "reliability" }, el("thead", null, el("tr", null, ...heads)), el("tbody", null, ...rows));
}
