import { describe, expect, it } from "vitest";
import { endedCookie, readCookie, sessionCookie } from "./cookie.ts";

describe("the session's cookie", () => {
  it("is for this host alone, over TLS alone, for no script and for no other site", () => {
    expect(sessionCookie("secure", "v1.abc")).toBe(
      "__Host-qi-session=v1.abc; Max-Age=43200; Path=/; HttpOnly; Secure; SameSite=Strict",
    );
  });

  it("lacks only Secure, and the prefix that asks for it, on the own machine", () => {
    expect(sessionCookie("loopback", "v1.abc")).toBe(
      "qi-session=v1.abc; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict",
    );
  });

  it("ends with the same attributes, else the browser would keep it", () => {
    expect(endedCookie("secure")).toBe("__Host-qi-session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict");
  });

  it.each([
    ["alone", "__Host-qi-session=v1.abc", "v1.abc"],
    ["among others", "a=b; __Host-qi-session=v1.abc;c=d", "v1.abc"],
    ["planted beside a real one", "__Host-qi-session=v1.abc; __Host-qi-session=v1.other", undefined],
    ["by the name without the prefix", "qi-session=v1.abc", undefined],
    ["by a name that ends so", "x__Host-qi-session=v1.abc", undefined],
    ["absent", undefined, undefined],
  ])("%s is read as it should be", (_, header, value) => {
    expect(readCookie("secure", header)).toBe(value);
  });
});
