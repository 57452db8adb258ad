/** @import { Decision, Held } from "./types.d.ts" */
/** @import { Shortcut } from "./keys.js" */
import { ApiError } from "./api.js";
import { decisionForm } from "./decision-form.js";
import { button, byId, el, fill } from "./dom.js";
import { itemView } from "./item.js";
import { clock, leaseKeeper } from "./lease.js";
import { reviewList } from "./list.js";
import { decisionOutbox } from "./outbox.js";
import { openReviews } from "./queue.js";

const REFRESH_MS = 15_000;
/** Without a key or a touch for so long, the page asks for nothing, so that an idle session can end. */
const IDLE_MS = 5 * 60_000;
/** Milliseconds left from which on the countdown is shown in alarm. */
const SOON_MS = 60_000;

/**
 * The reviewer's desk: at most one item lies on it.
 * @param {import("./api.js").Api} api
 * @param {HTMLSelectElement} policy
 */
export function desk(api, policy) {
  const place = byId("item", HTMLDivElement);
  const banner = byId("banner", HTMLDivElement);
  const stage = byId("stage", HTMLElement);
  /** @type {Held | undefined} */
  let held;
  let side = false;
  /** Grows with every item asked for: an answer that came too late is given back. */
  let asking = 0;

  const reviews = openReviews(api, () => {
    list.draw();
    drawCounts();
  });
  const list = reviewList(reviews, { open: (item) => void take({ id: item.id }), failed: (error) => failed(error) });
  const form = decisionForm({ decide: (verdict) => decide(verdict), release: () => void release() });
  const keeper = leaseKeeper({
    renew: ({ item, token }) => api.renew(item.id, token),
    tick: (left) => form.countDown(clock(left), left < SOON_MS),
    lost: (of) => {
      warn("Your hold on this item has ended. Somebody else may have it by now; what you entered was not stored.", [
        button("Take it again", () => void take({ id: of.item.id })),
      ]);
      form.lock("hold ended");
      held = undefined;
    },
  });
  const outbox = decisionOutbox({
    send: ({ held: { item, token }, verdict, score, note }, leaving) =>
      api.decide(
        item.id,
        {
          token,
          verdict,
          ...(score === undefined ? {} : { overall: (score - 1) / 4 }),
          ...(note === "" ? {} : { note }),
        },
        leaving,
      ),
    stored: () => void reviews.refresh().catch(() => {}),
    refused: ({ held: { item } }, error) => {
      reviews.restore(item);
      warn(`A decision was not stored: ${error instanceof Error ? error.message : "it failed"}.`, [
        button("Look at it again", () => void take({ id: item.id })),
      ]);
    },
    changed: () => drawOutbox(),
  });

  /** @param {string} text */
  const say = (text) => {
    byId("status", HTMLParagraphElement).textContent = text;
  };
  /** @param {string} text @param {Node[]} [ways] */
  const warn = (text, ways = []) => {
    fill(banner, el("span", null, text), ...ways, button("Dismiss", hideBanner));
    banner.hidden = false;
  };
  const hideBanner = () => {
    banner.hidden = true;
  };
  const retry = () => {
    hideBanner();
    reviews.reload().catch(failed);
  };
  /** @param {unknown} error */
  const failed = (error) => {
    const passing = error instanceof ApiError && error.passing;
    warn(
      error instanceof ApiError && error.status === 0
        ? "The server cannot be reached. Nothing is lost; try again."
        : `${passing ? "The server cannot answer now" : "That did not work"}: ${error instanceof Error ? error.message : "unknown"}.`,
      [button("Try again", retry)],
    );
  };

  /**
   * @param {{ id?: string }} wanted
   * @param {{ orNext?: boolean }} [how] Somebody else has it: then the next.
   */
  const take = async (wanted, { orNext = false } = {}) => {
    if (wanted.id !== undefined && wanted.id === held?.item.id) return;
    asking += 1;
    const mine = asking;
    await release({ silent: true });
    banner.hidden = true;
    place.setAttribute("aria-busy", "true");
    try {
      const { lease } = await api.lease(wanted.id === undefined ? chosenPolicy() : wanted);
      if (lease === undefined) return empty();
      if (mine !== asking) return void api.release(lease.item.id, lease.token).catch(() => {});
      const endsAt = performance.now() + lease.leaseSeconds * 1000;
      const content = await api.content(lease.item.id, lease.token);
      if (mine !== asking) return void api.release(lease.item.id, lease.token).catch(() => {});
      open({ item: lease.item, token: lease.token, leaseMs: lease.leaseSeconds * 1000, endsAt, content });
    } catch (error) {
      if (mine !== asking) return;
      if (error instanceof ApiError && error.code === "NotFree" && wanted.id !== undefined) {
        reviews.remove(wanted.id);
        if (orNext) return void take({});
        warn("Somebody else holds this item, or it is decided.");
      } else failed(error);
    } finally {
      if (mine === asking) place.removeAttribute("aria-busy");
    }
  };
  const chosenPolicy = () => (reviews.policy === "" ? {} : { policy: reviews.policy });

  /** @param {Held} next @param {Decision} [before] */
  const open = (next, before) => {
    held = next;
    fill(place, itemView(next, { side }));
    stage.scrollTop = 0;
    form.start(before);
    keeper.watch(next);
    list.markOpen(next.item.id);
    place.querySelector("h2")?.focus({ preventScroll: true });
    void reviews.refresh().catch(() => {});
    say(`Opened: ${Math.round(next.item.confidence * 100)} % certain, score ${next.item.predicted.toFixed(2)}.`);
  };

  /** @param {"include" | "exclude"} verdict */
  const decide = (verdict) => {
    if (held === undefined) return;
    const { score, note } = form.values;
    const decided = { held, verdict, score, note };
    keeper.watch(undefined);
    held = undefined;
    reviews.remove(decided.held.item.id);
    outbox.add(decided);
    say(`${verdict === "include" ? "Included" : "Excluded"}. Press u to undo.`);
    form.lock("");
    void take({});
  };

  const undo = async () => {
    const taken = outbox.undo();
    if (taken === undefined) return false;
    asking += 1;
    await release({ silent: true });
    reviews.restore(taken.held.item);
    open(taken.held, taken);
    say("Taken back. Decide again.");
    return true;
  };

  /** @param {{ silent?: boolean }} [how] */
  const release = async ({ silent = false } = {}) => {
    const given = held;
    if (given === undefined) return;
    keeper.watch(undefined);
    held = undefined;
    await api.release(given.item.id, given.token).catch(() => {}); // Lost already: then it is free as well.
    if (silent) return;
    asking += 1;
    empty();
    say("Given back.");
    list.focus();
    void reviews.refresh().catch(() => {});
  };

  const empty = () => {
    held = undefined;
    form.hide();
    list.markOpen(undefined);
    const { waiting } = reviews.counts;
    const none = waiting === 0;
    fill(
      place,
      el(
        "div",
        { class: "empty" },
        el("h2", { tabindex: -1 }, none ? "Nothing waits for you" : "Ready when you are"),
        el(
          "p",
          { class: "muted" },
          none
            ? "Scores that are too uncertain, and a few at random, will appear here."
            : "Take the least certain item, or choose one from the queue. It is yours alone while you look at it.",
        ),
        none ? undefined : button("Take the next", () => void take({}), { class: "primary", key: "Enter" }),
      ),
    );
  };

  const drawCounts = () => {
    const { waiting, leased, decided } = reviews.counts;
    /** @param {number} n @param {string} name */
    const count = (n, name) => el("span", { class: "count" }, el("strong", null, n.toLocaleString("en")), ` ${name}`);
    fill(
      byId("counts", HTMLParagraphElement),
      count(waiting, "waiting"),
      count(leased, "held"),
      count(decided, "decided"),
    );
  };
  const drawOutbox = () => {
    const { recent, waiting, stuck } = outbox;
    const undoBox = byId("undo", HTMLDivElement);
    undoBox.hidden = recent === undefined;
    if (recent !== undefined) {
      fill(
        undoBox,
        recent.verdict === "include" ? "Included" : "Excluded",
        button("Undo", () => void undo(), { key: "u" }),
      );
    }
    const unsent = byId("unsent", HTMLButtonElement);
    unsent.hidden = !stuck || waiting === 0;
    unsent.textContent = `${waiting} not sent yet · try now`;
  };

  byId("unsent", HTMLButtonElement).addEventListener("click", () => outbox.retryNow());
  policy.addEventListener("change", () => void reviews.reload({ policy: policy.value }).catch(failed));
  const filter = byId("filter", HTMLInputElement);
  filter.addEventListener("input", () => reviews.filter(filter.value));
  filter.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "ArrowDown") return;
    event.preventDefault();
    list.focus();
  });
  addEventListener("pagehide", () => {
    outbox.leave();
    if (held !== undefined) void api.release(held.item.id, held.token, true).catch(() => {});
  });
  // Back from the browser's cache: what was held was given back.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) location.reload();
  });
  addEventListener("beforeunload", (event) => {
    if (outbox.stuck && outbox.waiting > 0) event.preventDefault();
  });
  setInterval(() => {
    if (!document.hidden && keeper.idleFor() < IDLE_MS) reviews.refresh().catch(() => {});
  }, REFRESH_MS);
  api.onSignedOut = () => {
    keeper.watch(undefined);
    warn("Your session has ended. What you decided before is kept until you log in.", [
      button("Log in", () => location.reload()),
    ]);
  };

  const move = (/** @type {number} */ by) => () => list.move(by);
  const inList = () => document.activeElement?.id === "list";
  /** @type {Shortcut[]} */
  const shortcuts = [
    { keys: ["j"], does: "Next in the queue", run: move(1) },
    { keys: ["k"], does: "Previous in the queue", run: move(-1) },
    { keys: ["ArrowDown"], does: "", when: inList, run: move(1) },
    { keys: ["ArrowUp"], does: "", when: inList, run: move(-1) },
    { keys: ["PageDown"], does: "", when: inList, run: () => list.move(list.rowsInPage()) },
    { keys: ["PageUp"], does: "", when: inList, run: () => list.move(-list.rowsInPage()) },
    { keys: ["Home"], does: "", when: inList, run: move(Number.NEGATIVE_INFINITY) },
    { keys: ["End"], does: "", when: inList, run: move(Number.POSITIVE_INFINITY) },
    {
      keys: ["Enter"],
      does: "Take the item",
      run: () => void take(list.selected === undefined ? {} : { id: list.selected.id }, { orNext: true }),
    },
    { keys: ["i"], does: "Include: worth learning from", run: () => decide("include") },
    { keys: ["e"], does: "Exclude", run: () => decide("exclude") },
    {
      keys: ["1", "2", "3", "4", "5"],
      does: "Score it; without, include counts 5 and exclude 1",
      run: ({ key }) => form.score(Number(key)),
    },
    { keys: ["n"], does: "Write a note (Esc leaves it)", run: () => form.note() },
    {
      keys: ["u"],
      does: "Undo the last decision, else give the item back",
      run: () => void undo().then((undone) => (undone ? undefined : release())),
    },
    { keys: ["d"], does: "Code side by side, or in one column", run: () => turn() },
    { keys: ["/"], does: "Filter the queue", run: () => filter.select() },
    {
      keys: ["r"],
      does: "Read the queue again",
      run: () => void reviews.reload().then(() => say("Read again."), failed),
    },
    { keys: ["Escape"], does: "Back to the queue", run: () => list.focus() },
  ];
  const turn = () => {
    side = !side;
    if (held !== undefined) fill(place, itemView(held, { side }));
    say(side ? "Code side by side." : "Code in one column.");
  };

  void reviews.reload().then(empty, (error) => {
    empty();
    failed(error);
  });
  list.focus();

  return {
    shortcuts,
    async leave() {
      outbox.flush();
      await release({ silent: true });
    },
  };
}
