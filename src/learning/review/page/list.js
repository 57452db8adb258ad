/** @import { Item } from "./types.d.ts" */
import { byId, el, fill } from "./dom.js";
import { REASONS } from "./queue.js";
import { rowsInView, scrollFor } from "./window.js";

const ROW = 62;
const AROUND = 6;
/** Reads on when so few rows are left below. */
const AHEAD = 60;

/**
 * The queue on the left: 10,000 items, a few dozen elements. The keyboard's focus stays on the list; which row is meant
 * is told by aria-activedescendant.
 * @param {ReturnType<typeof import("./queue.js").openReviews>} reviews
 * @param {{ open: (item: Item) => void, failed: (error: unknown) => void }} options
 */
export function reviewList(reviews, { open, failed }) {
  const box = byId("list", HTMLDivElement);
  const rows = el("div", { class: "rows", role: "presentation" });
  const spacer = el("div", { class: "spacer", role: "presentation" }, rows);
  const nothing = byId("list-note", HTMLParagraphElement);
  box.append(spacer);
  /** The row that is meant. */
  let selected = 0;
  /** @type {string | undefined} */
  let openId;

  const draw = () => {
    const { shown, ended, reading, filtered } = reviews;
    selected = Math.max(0, Math.min(selected, shown.length - 1));
    const { first, last } = rowsInView({
      scrollTop: box.scrollTop,
      height: box.clientHeight,
      rowHeight: ROW,
      count: shown.length,
      around: AROUND,
    });
    const size = ended ? shown.length : -1;
    fill(rows, ...shown.slice(first, last).map((item, at) => row(item, first + at, size)));
    rows.style.transform = `translateY(${first * ROW}px)`;
    spacer.style.height = `${shown.length * ROW}px`;
    const active = shown[selected];
    if (active === undefined) box.removeAttribute("aria-activedescendant");
    else box.setAttribute("aria-activedescendant", `row-${active.id}`);
    nothing.hidden = shown.length > 0;
    nothing.textContent = reading ? "Reading …" : filtered ? "Nothing matches the filter." : "No reviews are waiting.";
    if (last > shown.length - AHEAD && !ended && !reading) reviews.read().catch(failed);
  };

  /**
   * @param {Item} item
   * @param {number} index
   * @param {number} size
   */
  const row = (item, index, size) => {
    const state = item.id === openId ? "open" : item.state === "leased" ? "held" : "";
    const line = el(
      "div",
      {
        class: "row",
        id: `row-${item.id}`,
        role: "option",
        "aria-selected": String(index === selected),
        "aria-posinset": index + 1,
        "aria-setsize": size,
        "data-open": item.id === openId,
        "data-leased": item.state === "leased" && item.id !== openId,
      },
      confidenceRing(item.confidence),
      el(
        "div",
        { class: "row-text" },
        el("span", { class: "row-title" }, REASONS[item.reason]),
        el("span", { class: "row-policy" }, item.policy),
      ),
      el(
        "div",
        { class: "row-side" },
        el("span", { class: "row-score" }, `score ${item.predicted.toFixed(2)}`),
        el("span", { class: "row-age" }, state === "" ? age(item.openedAt) : state),
      ),
    );
    line.style.height = `${ROW}px`;
    line.addEventListener("click", () => {
      selected = index;
      draw();
      open(item);
    });
    return line;
  };

  /** @param {number} index */
  const select = (index) => {
    selected = Math.max(0, Math.min(index, reviews.shown.length - 1));
    box.scrollTop = scrollFor({ index: selected, scrollTop: box.scrollTop, height: box.clientHeight, rowHeight: ROW });
    draw();
  };
  let due = false;
  box.addEventListener("scroll", () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      draw();
    });
  });
  new ResizeObserver(draw).observe(box);

  return {
    draw,
    /** @param {number} by */
    move: (by) => select(selected + by),
    rowsInPage: () => Math.max(1, Math.floor(box.clientHeight / ROW) - 1),
    focus: () => box.focus(),
    get selected() {
      return reviews.shown[selected];
    },
    /** @param {string | undefined} id */
    markOpen(id) {
      openId = id;
      const index = reviews.shown.findIndex((item) => item.id === id);
      if (index === -1) draw();
      else select(index);
    },
  };
}

/** @param {number} confidence */
function confidenceRing(confidence) {
  const percent = Math.round(confidence * 100);
  const level = confidence < 0.4 ? "low" : confidence < 0.7 ? "middle" : "high";
  const bar = el("span", { class: "meter-fill" });
  bar.style.height = `${percent}%`;
  return el(
    "div",
    { class: `confidence ${level}`, role: "img", "aria-label": `confidence ${percent} %` },
    el("span", { class: "meter" }, bar),
    el("span", { class: "confidence-figure" }, `${percent}%`),
  );
}

/** @param {string} opened */
export function age(opened) {
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(opened)) / 60_000));
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`;
}
