import { describe, expect, it } from "vitest";
import { takeSecrets } from "./secrets.ts";

describe("secrets of the data plane", () => {
  const master = Buffer.alloc(32, 7).toString("base64");

  it("leave the environment once they are read", () => {
    const env = { QI_LEARNING_SECRET: master, QI_DATABASE_URL: "postgres://u:p@h/d", HOME: "/home/u" };
    expect(takeSecrets(env)).toMatchObject({ databaseUrl: "postgres://u:p@h/d", cacheUrl: undefined });
    expect(env).toEqual({ HOME: "/home/u" });
  });

  it.each([
    ["missing", undefined, /not set.*openssl rand/],
    ["empty", "", /not set/],
    ["too short", Buffer.alloc(16).toString("base64"), /holds 16 bytes/],
    ["no base64 at all", "hunter2", /takes exactly 32/],
  ])("are refused without being shown when the master secret is %s", (_, value, message) => {
    const env = value === undefined ? {} : { QI_LEARNING_SECRET: value };
    expect(() => takeSecrets(env)).toThrow(message);
    if (value) expect(() => takeSecrets({ QI_LEARNING_SECRET: value })).not.toThrow(value);
  });
});
