/** @import { Content, Feedback } from "./types.d.ts" */
import { el } from "./dom.js";
import { longText } from "./long-text.js";
import { percent } from "./scores.js";

/** @typedef {{ good: boolean | undefined, text: string }} Told */

/** @type {Readonly<Record<string, (given: Feedback) => Told>>} */
const SENTENCES = {
  rating: ({ rating = 0 }) => ({ good: rating >= 4, text: `Rated ${rating} of 5` }),
  acceptance: ({ accepted }) => ({ good: accepted, text: accepted ? "Accepted" : "Not accepted" }),
  edit: ({ block = 0 }) => ({ good: undefined, text: `Edited code ${block + 1}` }),
  retention: ({ share = 0, point }) => ({
    good: share >= 0.8,
    text: `${percent(share)} still stands ${point === "commit" ? "at the commit" : `after ${point}`}`,
  }),
  compile: ({ succeeded }) => ({ good: succeeded, text: succeeded ? "Compiles" : "Does not compile" }),
  test: ({ succeeded, passed, failed }) => ({
    good: succeeded,
    text: `Tests ${succeeded ? "pass" : "fail"}${passed === undefined ? "" : `: ${passed} passed`}${failed === undefined ? "" : `, ${failed} failed`}`,
  }),
  deploy: ({ succeeded }) => ({ good: succeeded, text: succeeded ? "Deployed" : "Deployment failed" }),
  comment: () => ({ good: undefined, text: "Said:" }),
};

/**
 * What became of the answer, oldest first.
 * @param {Content} content
 * @param {ReadonlySet<string>} placeholders
 */
export function feedbackList({ feedback, feedbackCount }, placeholders) {
  if (feedback.length === 0) return el("p", { class: "muted" }, "Nobody has said or done anything about it.");
  const left = feedbackCount - feedback.length;
  return el(
    "div",
    null,
    left > 0 ? el("p", { class: "muted" }, `${left} earlier ones are not shown.`) : undefined,
    el(
      "ol",
      { class: "feedback" },
      ...feedback.map((given) => {
        const { good, text } = SENTENCES[given.type]?.(given) ?? { good: undefined, text: given.type };
        return el(
          "li",
          { class: good === undefined ? "neutral" : good ? "good" : "bad" },
          el("span", { class: "told" }, text),
          given.text === undefined ? undefined : longText(given.text, placeholders, { class: "comment" }),
        );
      }),
    ),
  );
}
