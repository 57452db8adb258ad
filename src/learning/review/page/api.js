/** @import { Calibration, Content, Lease, ReviewList, SessionInfo } from "./types.d.ts" */

/** What the server said no to. `status` 0: it could not be reached. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message
   */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Whether the same request can succeed later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const PATIENCE_MS = 20_000;

/** Talks to the server that the page came from. The session is in a cookie that this script cannot read. */
export class Api {
  #csrf = "";
  /** Called when the session has ended. */
  onSignedOut = () => {};

  async session() {
    return this.#signedIn(await this.#ask("GET", "/review/session"));
  }

  /** @param {string} key */
  async login(key) {
    return this.#signedIn(await this.#ask("POST", "/review/login", { body: { key } }));
  }

  async logout() {
    await this.#ask("POST", "/review/logout");
    this.#csrf = "";
  }

  /**
   * @param {{ policy: string, cursor?: string, limit: number }} query
   * @returns {Promise<ReviewList>}
   */
  list({ policy, cursor, limit }) {
    const query = new URLSearchParams({ limit: String(limit) });
    if (policy !== "") query.set("policy", policy);
    if (cursor !== undefined) query.set("cursor", cursor);
    return this.#ask("GET", `/v1/reviews?${query}`);
  }

  /**
   * @param {{ id?: string, policy?: string }} wanted
   * @returns {Promise<{ lease?: Lease }>}
   */
  lease(wanted) {
    return this.#ask("POST", "/v1/reviews/lease", { body: wanted });
  }

  /**
   * @param {string} id
   * @param {string} token
   * @returns {Promise<Content>}
   */
  content(id, token) {
    return this.#ask("GET", `/v1/reviews/${id}`, { headers: { "review-lease": token } });
  }

  /**
   * @param {string} id
   * @param {string} token
   * @returns {Promise<{ until: string }>}
   */
  renew(id, token) {
    return this.#ask("POST", `/v1/reviews/${id}/renew`, { body: { token } });
  }

  /**
   * @param {string} id
   * @param {string} token
   * @param {boolean} [leaving]
   */
  release(id, token, leaving = false) {
    return this.#ask("POST", `/v1/reviews/${id}/release`, { body: { token }, leaving });
  }

  /**
   * @param {string} id
   * @param {object} decision
   * @param {boolean} [leaving] Lets the request outlive the page.
   */
  decide(id, decision, leaving = false) {
    return this.#ask("POST", `/v1/reviews/${id}/decide`, { body: decision, leaving });
  }

  /**
   * @param {string} policy
   * @returns {Promise<Calibration>}
   */
  calibration(policy) {
    return this.#ask("GET", `/v1/reviews/calibration?${new URLSearchParams({ policy })}`);
  }

  /** @param {SessionInfo} session */
  #signedIn(session) {
    this.#csrf = session.csrf;
    return session;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{ body?: object, headers?: Record<string, string>, leaving?: boolean }} [options]
   * @returns {Promise<any>} What the route answers; its shape is the caller's to name.
   */
  async #ask(method, path, { body, headers = {}, leaving = false } = {}) {
    /** @type {RequestInit} */
    const init = { method, headers: { ...headers }, cache: "no-store", keepalive: leaving };
    if (!leaving) init.signal = AbortSignal.timeout(PATIENCE_MS);
    if (method !== "GET") {
      init.headers = { ...headers, "content-type": "application/json", "x-qi-csrf": this.#csrf };
      init.body = JSON.stringify(body ?? {});
    }
    let response;
    try {
      response = await fetch(path, init);
    } catch {
      throw new ApiError(0, "Offline", "the server cannot be reached");
    }
    if (response.status === 204) return undefined;
    const answer = await response.json().catch(() => undefined);
    if (response.ok && answer !== undefined) return answer;
    const error = new ApiError(
      response.status || 0,
      answer?.code ?? "Failed",
      answer?.title ?? `the server answered ${response.status}`,
    );
    if (error.status === 401 && path !== "/review/login" && path !== "/review/session") this.onSignedOut();
    throw error;
  }
}
