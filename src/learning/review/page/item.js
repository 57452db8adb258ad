/** @import { Code, Content, Held } from "./types.d.ts" */

import { diffView } from "./diff.js";
import { button, el } from "./dom.js";
import { feedbackList } from "./feedback.js";
import { longText } from "./long-text.js";
import { scoreCard } from "./scores.js";
import { segmentNodes } from "./text.js";

/** @type {Readonly<Record<string, string>>} */
const KINDS = { prompt: "Prompt", command: "Command", workflow: "Workflow" };
/** Turns of the conversation that are shown without asking for more. */
const TURNS = 20;

/**
 * One interaction, to be read from top to bottom.
 * @param {Held} held
 * @param {{ side: boolean }} look
 */
export function itemView({ item, content }, { side }) {
  const ours = new Set(content.placeholders);
  const title = el(
    "h2",
    { id: "item-title", tabindex: -1 },
    `${KINDS[content.kind] ?? content.kind} answered by ${content.modelVersion ?? content.servedModel}`,
  );
  return el(
    "article",
    { class: "item", "aria-labelledby": "item-title", "data-id": item.id },
    el("header", { class: "item-head" }, title, el("p", { class: "reason" }, reason(item)), chips(content)),
    el(
      "div",
      { class: side ? "columns single" : "columns" },
      el("div", { class: "reading" }, ...reading(content, ours, side)),
      el(
        "aside",
        { class: "judging", "aria-label": "What is known about it" },
        scoreCard(content, item),
        happened(content, ours),
        facts(content, ours),
      ),
    ),
  );
}

/** @param {Held["item"]} item */
function reason({ reason: why, confidence }) {
  return why === "Audit"
    ? "Picked at random, to check how often people agree with the scores."
    : `Only ${Math.round(confidence * 100)} % certain of its score: a person should decide.`;
}

/** @param {Content} content */
function chips({ policy, languages, tools, thinking, redactions, kind }) {
  const replaced = Object.entries(redactions).map(([type, count]) => `${count} ${type}`);
  const chip = (/** @type {string} */ text, /** @type {string} */ label) =>
    el("li", { class: "chip" }, el("span", { class: "chip-label" }, label), text);
  return el(
    "ul",
    { class: "chips", "aria-label": "Facts" },
    chip(kind, "kind"),
    chip(policy, "policy"),
    ...languages.map((name) => chip(name, "language")),
    ...tools.map((name) => chip(name, "tool")),
    thinking ? chip("thinking", "mode") : undefined,
    replaced.length > 0
      ? el("li", { class: "chip redacted" }, el("span", { class: "chip-label" }, "redacted"), replaced.join(", "))
      : undefined,
  );
}

/**
 * @param {Content} content
 * @param {ReadonlySet<string>} ours
 * @param {boolean} side
 */
function reading({ history, input, reasoning, output, code }, ours, side) {
  return [
    history.length > 0 ? folded(`${history.length} earlier turns`, () => turns(history, ours)) : undefined,
    card("Question", longText(input, ours, { class: "prose" }), "question"),
    reasoning === undefined ? undefined : folded("Reasoning", () => longText(reasoning, ours, { class: "prose" })),
    card("Answer", longText(output, ours, { class: "prose" })),
    ...code.map((piece, at) => codeCard(piece, at, code.length, ours, side)),
  ].filter((part) => part !== undefined);
}

/**
 * @param {string} title
 * @param {Node} body
 * @param {string} [kind]
 */
function card(title, body, kind = "") {
  return el("section", { class: `card ${kind}`.trim(), "aria-label": title }, el("h3", null, title), body);
}

/**
 * Made only once somebody opens it.
 * @param {string} title
 * @param {() => Node} body
 */
function folded(title, body) {
  const fold = el("details", { class: "fold" }, el("summary", null, title));
  fold.addEventListener("toggle", () => fold.append(body()), { once: true });
  return fold;
}

/**
 * @param {Content["history"]} history
 * @param {ReadonlySet<string>} ours
 */
function turns(history, ours) {
  const list = el("ol", { class: "turns" });
  /** @param {Content["history"]} some */
  const add = (some) => {
    list.append(
      ...some.map(({ role, content }) =>
        el("li", null, el("span", { class: "role" }, role), longText(content, ours, { class: "prose" })),
      ),
    );
  };
  add(history.slice(-TURNS));
  const rest = history.slice(0, -TURNS);
  if (rest.length === 0) return list;
  const more = button(`Show all ${history.length}`, () => {
    list.replaceChildren();
    add(history);
    more.remove();
  });
  return el("div", null, more, list);
}

/**
 * A piece of code: what the user made of it first, else what the model changed, else the code alone.
 * @param {Code} code
 * @param {number} at
 * @param {number} of
 * @param {ReadonlySet<string>} ours
 * @param {boolean} side
 */
function codeCard({ language, path, after, offered, edited, syntax, editedSyntax }, at, of, ours, side) {
  const number = of > 1 ? ` ${at + 1} of ${of}` : "";
  /** @type {{ name: string, body: () => Node }[]} */
  const views = [];
  if (edited !== undefined)
    views.push({
      name: `User's edit${delta(edited)}`,
      body: () => diffView(edited, ours, { side, label: "From the model's code to the user's" }),
    });
  if (offered !== undefined)
    views.push({
      name: `Model's change${delta(offered)}`,
      body: () => diffView(offered, ours, { side, label: "From what stood there to the model's code" }),
    });
  views.push({ name: "Code", body: () => longText(after, ours, { class: "code", dir: "ltr" }) });

  const panel = el("div", { class: "code-panel" });
  const choices = views.map(({ name, body }) => {
    const choice = button(name, () => {
      for (const other of choices) other.setAttribute("aria-pressed", String(other === choice));
      panel.replaceChildren(body());
    });
    choice.setAttribute("aria-pressed", "false");
    return choice;
  });
  choices[0]?.click();
  return el(
    "section",
    { class: "card code-card", "aria-label": `Code${number}` },
    el(
      "div",
      { class: "code-head" },
      el("h3", null, ...(path === undefined ? [`Code${number}`] : segmentNodes(ending(path), ours, 100).nodes)),
      el("span", { class: "muted" }, language, broken(editedSyntax ?? syntax)),
      el("div", { class: "choices", role: "group", "aria-label": "View" }, ...choices),
    ),
    panel,
  );
}

/** @param {string} path */
const ending = (path) => (path.length > 80 ? `…${path.slice(-79)}` : path);

/** @param {NonNullable<Code["edited"]>} change */
const delta = (change) => (change.state === "compared" ? ` +${change.added} −${change.removed}` : "");

/** @param {Code["syntax"]} syntax */
function broken(syntax) {
  const share = syntax?.before ?? syntax?.after;
  if (share === undefined || share === 0) return "";
  return ` · ${Math.max(1, Math.round(share * 100))} % does not parse`;
}

/**
 * @param {Content} content
 * @param {ReadonlySet<string>} ours
 */
const happened = (content, ours) => card("What became of it", feedbackList(content, ours));

/**
 * @param {Content} content
 * @param {ReadonlySet<string>} ours
 */
function facts({ at, usage, context, id, modelVersion, servedModel }, ours) {
  /** @type {[string, string | undefined][]} */
  const known = [
    ["Answered", new Date(at).toLocaleString()],
    ["Model", modelVersion ?? servedModel],
    [
      "Tokens",
      usage?.completionTokens === undefined
        ? undefined
        : `${usage.promptTokens ?? "?"} in, ${usage.completionTokens} out`,
    ],
    ["Took", usage?.durationMs === undefined ? undefined : `${(usage.durationMs / 1000).toFixed(1)} s`],
    ["Id", id],
  ];
  return el(
    "section",
    { class: "card facts", "aria-label": "Details" },
    el("h3", null, "Details"),
    el(
      "dl",
      null,
      ...known.flatMap(([name, value]) => (value === undefined ? [] : [el("dt", null, name), el("dd", null, value)])),
    ),
    context === undefined
      ? undefined
      : folded("Context", () => longText(JSON.stringify(context, undefined, 2), ours, { class: "code", dir: "ltr" })),
  );
}
