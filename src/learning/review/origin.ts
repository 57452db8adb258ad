import type { IncomingHttpHeaders } from "node:http";

/**
 * Whether a request that changes something comes from a page of ours. Browsers always say where a POST comes from;
 * what says nothing is no browser, and a cookie that comes without is refused all the same.
 * `publicHost`: as browsers know us, where a proxy hides it; else the Host header.
 */
export function fromOwnPage(headers: IncomingHttpHeaders, publicHost: string | undefined): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return false;
  const { origin } = headers;
  const own = publicHost ?? headers.host;
  if (origin === undefined || own === undefined || !URL.canParse(origin)) return false;
  return new URL(origin).host === own.toLowerCase();
}
