import { describe, expect, it } from "vitest";
import { fromOwnPage } from "./origin.ts";

const host = "learn.example.com";
const origin = "https://learn.example.com";

describe("a request that changes something", () => {
  it.each([
    ["our own page", { host, origin, "sec-fetch-site": "same-origin" }, true],
    ["our own page in a browser without Sec-Fetch-Site", { host, origin }, true],
    ["another site", { host, origin: "https://evil.example", "sec-fetch-site": "cross-site" }, false],
    ["another site in an older browser", { host, origin: "https://evil.example" }, false],
    ["a sister domain", { host, origin: "https://app.example.com", "sec-fetch-site": "same-site" }, false],
    ["another port of this host", { host, origin: "https://learn.example.com:8443" }, false],
    ["a host that only starts like ours", { host, origin: "https://learn.example.com.evil.example" }, false],
    ["a sandboxed frame", { host, origin: "null" }, false],
    ["nobody knows where", { host }, false],
    ["the address bar", { host, origin, "sec-fetch-site": "none" }, false],
    ["a client that names no host", { origin }, false],
    ["a made-up origin", { host, origin: "not a URL" }, false],
  ])("from %s: allowed is %s", (_, headers, allowed) => {
    expect(fromOwnPage(headers, undefined)).toBe(allowed);
  });

  it("is held against the public host where a proxy hides it", () => {
    expect(fromOwnPage({ host: "10.0.0.7:8080", origin }, "learn.example.com")).toBe(true);
    expect(fromOwnPage({ host, origin: "https://evil.example" }, "learn.example.com")).toBe(false);
  });
});
