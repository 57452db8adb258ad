/** @import { Counts, Item } from "./types.d.ts" */
/** @import { Api } from "./api.js" */

const PAGE = 200;
/** With a filter: pages are read until so many match, or so many were read at once. */
const ENOUGH = 60;
const MOST_PAGES = 10;

export const REASONS = { LowConfidence: "Low confidence", Audit: "Random audit" };

/**
 * The open reviews as far as they were read, page by page, and what the filter leaves of them.
 * @param {Api} api
 * @param {() => void} changed
 */
export function openReviews(api, changed) {
  /** @type {Item[]} */
  let items = [];
  /** @type {Item[]} */
  let shown = [];
  /** @type {Counts} */
  let counts = { waiting: 0, leased: 0, decided: 0 };
  /** @type {string | undefined} */
  let next;
  let ended = false;
  let reading = false;
  /** Grows with every reload: what an earlier one still reads is thrown away. */
  let generation = 0;
  let policy = "";
  /** @type {string[]} */
  let words = [];
  /** Decided or taken by others since they were read. @type {Set<string>} */
  const gone = new Set();

  /** @param {Item} item */
  const matches = (item) => {
    if (gone.has(item.id)) return false;
    const said = `${item.policy} ${REASONS[item.reason]} ${item.state} ${item.id}`.toLowerCase();
    return words.every((word) => said.includes(word));
  };
  const refilter = () => {
    shown = items.filter(matches);
    changed();
  };
  const read = async () => {
    if (reading || ended) return;
    reading = true;
    const mine = generation;
    try {
      for (let pages = 0; pages < MOST_PAGES && !ended; pages += 1) {
        const before = shown.length;
        const answer = await api.list({ policy, limit: PAGE, ...(next === undefined ? {} : { cursor: next }) });
        if (mine !== generation) return;
        items.push(...answer.items);
        counts = answer.counts;
        next = answer.next;
        ended = answer.next === undefined;
        refilter();
        if (shown.length - before >= ENOUGH || words.length === 0) break;
      }
    } finally {
      if (mine === generation) reading = false;
      changed();
    }
  };

  return {
    /** Reads on, if there is more. */
    read,
    /** @param {{ policy?: string }} [to] */
    async reload(to = {}) {
      generation += 1;
      policy = to.policy ?? policy;
      [items, next, ended, reading] = [[], undefined, false, false];
      gone.clear();
      await read();
    },
    /** Counts alone, and the first page again while nobody has read beyond it. */
    async refresh() {
      if (reading) return;
      const mine = generation;
      const answer = await api.list({ policy, limit: items.length <= PAGE ? PAGE : 1 });
      if (mine !== generation || reading) return;
      counts = answer.counts;
      if (items.length <= PAGE) [items, next, ended] = [answer.items, answer.next, answer.next === undefined];
      refilter();
    },
    /** @param {string} text */
    filter(text) {
      words = text.toLowerCase().split(/\s+/).filter(Boolean);
      refilter();
      if (shown.length < ENOUGH) void read();
    },
    /** @param {string} id */
    remove(id) {
      gone.add(id);
      refilter();
    },
    /** @param {Item} item */
    restore(item) {
      gone.delete(item.id);
      if (!items.some(({ id }) => id === item.id)) items.unshift(item);
      refilter();
    },
    get shown() {
      return shown;
    },
    get counts() {
      return counts;
    },
    get policy() {
      return policy;
    },
    get filtered() {
      return words.length > 0;
    },
    get ended() {
      return ended;
    },
    get reading() {
      return reading;
    },
  };
}
