/** Asking a part over HTTP whether it is ready. */
import { existsSync, readFileSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { certificates } from "./certificates.ts";

/** Whether a GET answers below 400. An HTTPS address on loopback shows a certificate that its part made for itself. */
export function answers(url: string, headers: Readonly<Record<string, string>> = {}): Promise<boolean> {
  return status(url, headers).then((code) => code !== undefined && code < 400);
}

/** The HTTP status of a GET, as the cluster's administrator where TLS is spoken; undefined when nobody answers. */
export function status(url: string, headers: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = url.startsWith("https:")
      ? tlsRequest(url, { headers, ...credentials(url), timeout: 2000, agent: false })
      : plainRequest(url, { headers, timeout: 2000, agent: false });
    request.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(undefined));
    request.on("close", () => resolve(undefined));
    request.end();
  });
}

function credentials(url: string): object {
  const { ca, admin } = certificates;
  if (new URL(url).hostname === "127.0.0.1" || !existsSync(admin.key)) return { rejectUnauthorized: false };
  return {
    ca: readFileSync(ca.certificate),
    cert: readFileSync(admin.certificate),
    key: readFileSync(admin.key),
  };
}
