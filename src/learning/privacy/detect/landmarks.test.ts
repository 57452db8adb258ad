import { expect, test } from "vitest";
import { landmarksBefore, landmarksOf } from "./landmarks.ts";

const text = "mail a@b.org, see http://c:d@e or 2001:db8::1 with abcdefghijklmnopqrstuvwxyz, password=x";

test("notes where there can be anything", () => {
  const { ats, runs, urls, colons } = landmarksOf(text);
  expect([...ats].map((at) => text.slice(at - 1, at + 2))).toEqual(["a@b", "d@e"]);
  expect([...urls].map((at) => text.slice(at, at + 3))).toEqual(["://"]);
  expect([...colons].map((at) => text.slice(at - 1, at + 2))).toEqual(["c:d", "1:d", "8::"]);
  expect(text.slice(runs[0], runs[1])).toBe("abcdefghijklmnopqrstuvwxyz");
});

test("a run that goes on behind the end of what is looked at ends there", () => {
  const whole = landmarksOf(text);
  const inRun = (whole.runs[0] ?? 0) + 20;
  const before = landmarksBefore(whole, inRun);
  expect([...before.runs]).toEqual([whole.runs[0], inRun]);
  expect([...before.ats]).toEqual([...whole.ats]);
  expect([...landmarksBefore(whole, 6).ats]).toEqual([]);
  expect([...landmarksBefore(whole, text.length).runs]).toEqual([...whole.runs]);
});
