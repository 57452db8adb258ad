import { expect, test } from "vitest";
import { add, junitTotals, NONE, totalsLine, vitestTotals } from "./totals.ts";

test("pytest's totals are read from its JUnit report", () => {
  const xml =
    '<?xml version="1.0"?><testsuites name="pytest"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="1.5">';
  expect(junitTotals(xml)).toEqual({ passed: 4, failed: 3, skipped: 3 });
});

test("a vitest file that cannot be loaded counts as a failure", () => {
  const report = {
    numPassedTests: 4,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    numFailedTestSuites: 1,
    success: false,
  };
  expect(vitestTotals(report)).toEqual({ passed: 4, failed: 1, skipped: 0 });
});

test("the totals of all runners stand in one line", () => {
  expect(totalsLine(add({ passed: 1, failed: 0, skipped: 0 }, add(NONE, { passed: 2, failed: 3, skipped: 4 })))).toBe(
    "3 passed, 3 failed, 4 skipped",
  );
});
