import { button, el } from "./dom.js";
import { cutAt, segmentNodes } from "./text.js";

/** Units and nodes of the first piece, and of each later one. */
const FIRST = { length: 12_000, nodes: 1500 };
const NEXT = { length: 120_000, nodes: 4000 };

/**
 * A text that is shown a piece at a time: what somebody sends by the megabyte does not stop the page.
 * @param {string} text
 * @param {ReadonlySet<string>} placeholders
 * @param {{ class?: string, dir?: "auto" | "ltr" }} [look]
 */
export function longText(text, placeholders, look = {}) {
  const body = el("div", { class: `text ${look.class ?? ""}`.trim(), dir: look.dir ?? "auto" });
  let shown = 0;
  /** @param {{ length: number, nodes: number }} size */
  const grow = (size) => {
    const end = cutAt(text, shown, size.length);
    const { nodes, rest } = segmentNodes(text.slice(shown, end), placeholders, size.nodes);
    body.append(el("div", { class: "piece" }, ...nodes));
    shown += rest;
  };
  if (text === "") return el("div", { class: "text nothing" }, "Empty.");
  grow(FIRST);
  if (shown >= text.length) return body;

  const note = el("span", { class: "muted" });
  const more = el("div", { class: "more" });
  const tell = () => {
    note.textContent = `${size(shown)} of ${size(text.length)} shown`;
    if (shown >= text.length) more.remove();
  };
  const showAll = () => {
    if (shown >= text.length || !body.isConnected) return;
    grow(NEXT);
    tell();
    setTimeout(showAll); // Between two pieces the page answers keys.
  };
  more.append(
    note,
    button("Show more", () => {
      grow(NEXT);
      tell();
    }),
    button("Show all", showAll),
  );
  tell();
  return el("div", null, body, more);
}

/** @param {number} units */
export function size(units) {
  if (units < 1000) return `${units} characters`;
  return units < 1_000_000
    ? `${Math.round(units / 1000)} thousand characters`
    : `${(units / 1e6).toFixed(1)} million characters`;
}
