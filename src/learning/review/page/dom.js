/**
 * Makes an element. Strings become text nodes and attributes are set by name, so that nothing here reads markup.
 * Listeners are added by whoever wants them.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | number | boolean | undefined> & { on?: never } | null} [attributes]
 * @param {...(Node | string | undefined)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/**
 * @param {HTMLElement} parent
 * @param {...(Node | string | undefined)} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.filter((child) => child !== undefined));
}

/**
 * The element of the page's own markup with this id.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

/**
 * @param {string} label
 * @param {() => void} press
 * @param {{ class?: string, key?: string }} [look]
 */
export function button(label, press, look = {}) {
  const made = el("button", { type: "button", class: look.class, "aria-keyshortcuts": look.key }, label);
  if (look.key !== undefined) made.append(el("kbd", { "aria-hidden": "true" }, look.key));
  made.addEventListener("click", press);
  return made;
}
