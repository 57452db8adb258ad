import { describe, expect, it } from "vitest";
import { identify, type PidRecord, parseStat, sameProcess } from "./processes.ts";

const recorded: PidRecord = { pid: 4711, startTime: "8100", bootId: "b1", command: "etcd --data-dir=x" };

describe("a recorded process", () => {
  it("is itself while nothing of it changes", () => {
    expect(sameProcess(recorded, { ...recorded })).toBe(true);
  });

  it.each<[string, Partial<PidRecord>]>([
    ["its pid was given to a later process", { startTime: "9100" }],
    ["the machine was started again", { bootId: "b2" }],
    ["the pid runs another program", { command: "vim notes" }],
  ])("is not signalled when %s", (_, change) => {
    expect(sameProcess(recorded, { ...recorded, ...change })).toBe(false);
  });

  it("is gone when nobody has its pid", () => {
    expect(sameProcess(recorded, undefined)).toBe(false);
  });

  it("is read from the kernel as this very process", () => {
    expect(identify(process.pid)).toMatchObject({ pid: process.pid, startTime: expect.stringMatching(/^\d+$/) });
  });
});

describe("/proc/PID/stat", () => {
  it("is read past a program's name with spaces and parentheses", () => {
    const numbers = Array.from({ length: 30 }, (_, index) => String(index + 4));
    expect(parseStat(`7 (a ) b) S ${numbers.join(" ")}`)).toEqual({ state: "S", startTime: "22" });
  });
});
