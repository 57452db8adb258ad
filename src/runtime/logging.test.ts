import { describe, expect, it } from "vitest";
import { createLogger } from "./logging.ts";

describe("the log", () => {
  it("is JSON lines without secrets, in fields or in texts", () => {
    const lines: string[] = [];
    const log = createLogger({ level: "debug" }, { write: (line) => void lines.push(line) });
    log.info(
      { token: "abc", headers: { authorization: "Bearer abcdefghijkl" }, object: "team-a/one" },
      "sent Bearer abcdefghijklmnop",
    );
    log.error({ err: new Error("refused eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl") }, "failed");
    const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).toMatchObject({
      level: "info",
      token: "[redacted]",
      object: "team-a/one",
      msg: "sent Bearer [redacted]",
    });
    expect(lines.join()).not.toMatch(/abcdefghijkl|eyJ/);
    expect(second).toMatchObject({ level: "error", msg: "failed" });
  });
});
