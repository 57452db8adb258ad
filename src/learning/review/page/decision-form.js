/** @import { Decision } from "./types.d.ts" */
import { byId, el } from "./dom.js";

const SCORES = { 1: "bad", 2: "poor", 3: "mixed", 4: "good", 5: "excellent" };

/**
 * The bar below the item.
 * @param {{ decide: (verdict: "include" | "exclude") => void, release: () => void }} options
 */
export function decisionForm({ decide, release }) {
  const form = byId("decision", HTMLFormElement);
  const note = byId("note", HTMLTextAreaElement);
  const lease = byId("lease", HTMLSpanElement);
  const segments = byId("score", HTMLDivElement);
  const choices = Object.entries(SCORES).map(([value, name]) => {
    const input = el("input", {
      type: "radio",
      name: "score",
      value,
      id: `score-${value}`,
      "aria-label": `${value}, ${name}`,
    });
    segments.append(input, el("label", { for: `score-${value}`, title: name }, value));
    return input;
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("include", HTMLButtonElement).addEventListener("click", () => decide("include"));
  byId("exclude", HTMLButtonElement).addEventListener("click", () => decide("exclude"));
  byId("release", HTMLButtonElement).addEventListener("click", release);
  note.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      note.blur();
    }
  });
  /** @param {boolean} locked */
  const setLocked = (locked) => {
    for (const control of form.querySelectorAll("button, input, textarea")) {
      if ("disabled" in control) control.disabled = locked;
    }
  };

  return {
    /** @param {Decision} [before] What was entered the last time. */
    start(before) {
      form.hidden = false;
      setLocked(false);
      lease.textContent = "";
      note.value = before?.note ?? "";
      for (const choice of choices) choice.checked = Number(choice.value) === before?.score;
    },
    hide() {
      form.hidden = true;
    },
    /** @param {string} why */
    lock(why) {
      setLocked(true);
      lease.textContent = why;
      lease.classList.remove("soon");
    },
    /** @param {number} value */
    score(value) {
      const choice = choices[value - 1];
      if (choice !== undefined && !form.hidden && !choice.disabled) choice.checked = !choice.checked;
    },
    note() {
      if (!form.hidden) note.focus();
    },
    /** @param {string} left @param {boolean} soon */
    countDown(left, soon) {
      lease.textContent = `yours for ${left}`;
      lease.classList.toggle("soon", soon);
    },
    get values() {
      const score = choices.find(({ checked }) => checked)?.value;
      return { score: score === undefined ? undefined : Number(score), note: note.value.trim() };
    },
  };
}
