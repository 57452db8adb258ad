/** @import { SessionInfo } from "./types.d.ts" */
/** @import { Api } from "./api.js" */
import { ApiError } from "./api.js";
import { byId } from "./dom.js";

/**
 * Resolves once there is a session: the one of the cookie, or one from a key.
 * @param {Api} api
 * @returns {Promise<SessionInfo>}
 */
export async function signIn(api) {
  const page = byId("login", HTMLElement);
  const note = byId("login-note", HTMLParagraphElement);
  try {
    return await api.session();
  } catch (error) {
    page.hidden = false;
    if (!(error instanceof ApiError) || error.status !== 401) note.textContent = told(error);
  }
  const form = byId("login-form", HTMLFormElement);
  const key = byId("key", HTMLInputElement);
  key.focus();
  return new Promise((resolve) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      note.textContent = "";
      try {
        const session = await api.login(key.value.trim());
        key.value = "";
        page.hidden = true;
        resolve(session);
      } catch (error) {
        note.textContent = told(error);
        key.select();
      }
    });
  });
}

/** @param {unknown} error */
const told = (error) =>
  error instanceof Error ? `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.` : "It failed.";
