import { byId, el } from "./dom.js";

/** @typedef {{ keys: string[], does: string, run: (event: KeyboardEvent) => void, when?: () => boolean }} Shortcut */

/** @param {EventTarget | null} target */
const typing = (target) =>
  target instanceof HTMLTextAreaElement ||
  target instanceof HTMLSelectElement ||
  (target instanceof HTMLInputElement && target.type !== "radio");

/**
 * Single keys, as long as nobody is typing and no dialog is open. Keys with Ctrl, Alt or Meta are the browser's.
 * @param {readonly Shortcut[]} shortcuts
 */
export function listenForKeys(shortcuts) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]") !== null) return;
    if (typing(event.target)) {
      if (event.key === "Escape" && event.target instanceof HTMLElement) event.target.blur();
      return;
    }
    // A focused button or link is pressed with Enter and Space by the browser.
    if (
      (event.key === "Enter" || event.key === " ") &&
      event.target instanceof HTMLElement &&
      event.target.closest("button, a, summary")
    )
      return;
    const found = shortcuts.find(({ keys, when }) => keys.includes(event.key) && (when?.() ?? true));
    if (found === undefined) return;
    event.preventDefault();
    found.run(event);
  });
}

/** @type {Readonly<Record<string, string>>} */
const NAMES = { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" };

/** @param {readonly Shortcut[]} shortcuts */
export function fillHelp(shortcuts) {
  const list = byId("help-keys", HTMLDListElement);
  for (const { keys, does } of shortcuts) {
    if (does === "") continue;
    list.append(el("dt", null, ...keys.map((key) => el("kbd", null, NAMES[key] ?? key))), el("dd", null, does));
  }
}
