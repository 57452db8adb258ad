import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { DatasetRefused } from "./errors.ts";
import { SPLITS, type Split } from "./rows.ts";
import { type Outcome, Workshop } from "./testing/building.ts";
import { candidate, idOf, policyOf } from "./testing/candidates.ts";

const workshop = new Workshop();
afterAll(() => workshop[Symbol.dispose]());

interface Place {
  readonly session: string;
  readonly repository: string | undefined;
}

const places = fc.array(
  fc.record({
    session: fc.integer({ min: 0, max: 60 }).map((number) => `session-${number}`),
    repository: fc.option(
      fc.integer({ min: 0, max: 30 }).map((number) => `repository-${number}`),
      { nil: undefined, freq: 2 },
    ),
  }),
  { minLength: 40, maxLength: 90 },
);

/** What names are seen in more than one split. */
function torn(built: Outcome, all: readonly Place[], name: (place: Place) => string | undefined): string[] {
  const splits = new Map<string, Set<Split>>();
  for (const split of SPLITS) {
    const ids = new Set(built.rows[split].map(({ id }) => id));
    for (const [number, place] of all.entries()) {
      const named = name(place);
      if (named === undefined || !ids.has(idOf(number))) continue;
      splits.set(named, (splits.get(named) ?? new Set()).add(split));
    }
  }
  return [...splits].flatMap(([named, seen]) => (seen.size > 1 ? [named] : []));
}

describe("groups", () => {
  it("lie in one split whole, whatever sessions and repositories the rows share", async () => {
    const kept = { train: 0, validation: 0, test: 0 };
    await fc.assert(
      fc.asyncProperty(places, async (all) => {
        const policy = policyOf({ split: { validation: 0.15, test: 0.15, groupBy: ["session", "repository"] } });
        const built = await workshop
          .build(
            all.map((place, number) => candidate(number, place)),
            { policy },
          )
          .catch((error: unknown) => {
            // All rows hang together: then there is nothing to split.
            if (error instanceof DatasetRefused) return undefined;
            throw error;
          });
        fc.pre(built !== undefined);
        for (const split of SPLITS) kept[split] += built.rows[split].length;
        expect(SPLITS.reduce((sum, split) => sum + built.rows[split].length, 0)).toBe(all.length);
        expect(torn(built, all, ({ session }) => session)).toEqual([]);
        expect(torn(built, all, ({ repository }) => repository)).toEqual([]);
      }),
      { numRuns: 12 },
    );
    expect(kept.validation).toBeGreaterThan(0);
    expect(kept.test).toBeGreaterThan(0);
  });
});
