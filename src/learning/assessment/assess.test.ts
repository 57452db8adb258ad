import { describe, expect, it } from "vitest";
import { dataPolicy } from "../../api/learning/policies.ts";
import { type AssessmentOptions, assessorVersion, createAssessment } from "./assess.ts";
import type { Assessor } from "./port.ts";
import { type Said, subject } from "./testing/subject.ts";

const policy = dataPolicy.parse({ namespace: "team", name: "coder", servedModel: "coder" });
const says = (dimension: Assessor["dimension"], value: number, strength = 0.9, version = "1"): Assessor => ({
  dimension,
  version,
  assess: () => ({ value, strength, because: `${dimension} says ${value}.` }),
});
const silent: Assessor = { dimension: "efficiency", version: "1", assess: () => undefined };
const assessment = (over: Partial<AssessmentOptions> = {}) =>
  createAssessment({
    assessors: [says("satisfaction", 0.8), says("codeQuality", 0.6), silent],
    policyOf: () => policy,
    thresholdOf: (_tenant, _policy, { threshold }) => threshold.initial,
    salt: "salt",
    ...over,
  });
const one = async (over: Partial<AssessmentOptions> = {}, said: readonly Said[] = []) => {
  const [scored] = await assessment(over)([
    subject(
      { code: [{ language: "go", after: "x" }], context: { toolUsage: [{ name: "shell", outcome: "failed" }] } },
      said,
    ),
  ]);
  if (scored === undefined) throw new Error("nothing was scored");
  return scored;
};

describe("an assessment", () => {
  it("is what the store keeps of a score, dimensions without evidence left out", async () => {
    expect(await one()).toMatchObject({
      tenant: "acme",
      policy: "team/coder",
      feedbackSeq: 0,
      dimensions: { satisfaction: 0.8, codeQuality: 0.6 },
      overall: 0.74,
      threshold: 0.7,
      facets: ["kind:prompt", "model:coder-5be20c1f", "language:go", "tool:shell"],
      why: expect.arrayContaining(["satisfaction says 0.8."]),
    });
    expect(Object.keys((await one()).dimensions)).toEqual(["satisfaction", "codeQuality"]);
  });

  it("scores anew with feedback that came later", async () => {
    const late = await one({}, [{ type: "test", succeeded: false }]);
    expect(late).toMatchObject({ feedbackSeq: 1, overall: 0.37 });
    expect(late.why).toContain("Its tests fail: the score is multiplied by 0.5.");
  });

  it("sends what it is unsure of to a person, but not what a person has decided", async () => {
    expect((await one({ assessors: [says("efficiency", 1)] })).review).toBe("LowConfidence");
    const decided = { ...subject(), assessment: { ...(await one()), human: true, assessedAt: 0 } };
    const [scored] = await assessment({ assessors: [] })([decided]);
    expect(scored?.review).toBeUndefined();
  });

  it("goes on without an assessor that fails, less sure, and says so", async () => {
    const failures: string[] = [];
    const broken: Assessor = {
      dimension: "functionalCorrectness",
      version: "1",
      assess: () => {
        throw new RangeError("secret text of a user");
      },
    };
    const nan = says("contextRelevance", Number.NaN);
    const scored = await one({
      assessors: [says("satisfaction", 0.8), broken, nan],
      failed: ({ dimension, reason }) => failures.push(`${dimension} ${reason}`),
    });
    expect(failures).toEqual(["functionalCorrectness RangeError", "contextRelevance NotANumber"]);
    expect(scored.why[0]).toBe("functionalCorrectness could not be judged (RangeError).");
    expect(JSON.stringify(scored)).not.toContain("secret text");
    expect(scored.dimensions).toEqual({ satisfaction: 0.8 });
  });

  it("goes on where an assessor could not load what it wanted, and tells so", async () => {
    const failures: string[] = [];
    const unprepared: Assessor = {
      ...says("codeQuality", 0.5),
      prepare: async () => {
        throw new Error("There is no such file.");
      },
    };
    const scored = await one({
      assessors: [unprepared],
      failed: ({ dimension, reason }) => failures.push(`${dimension} ${reason}`),
    });
    expect(scored.dimensions).toEqual({ codeQuality: 0.5 });
    expect(failures).toEqual(["codeQuality NotPrepared"]);
  });

  it("joins several assessors of one dimension by their strength", async () => {
    const scored = await one({ assessors: [says("codeQuality", 1, 0.6), says("codeQuality", 0, 0.2)] });
    expect(scored.dimensions.codeQuality).toBeCloseTo(0.75);
  });

  it("scores by the defaults where the policy is gone, and says so", async () => {
    const scored = await one({ policyOf: () => undefined });
    expect(scored.why[0]).toBe("Its policy is gone: the defaults count.");
    expect(scored.overall).toBe(0.74);
  });

  it("changes its version with any assessor's and with none but those", () => {
    const [a, b] = [says("satisfaction", 1), says("codeQuality", 1)];
    expect(assessorVersion([a, b])).toBe(assessorVersion([b, says("satisfaction", 0)]));
    expect(assessorVersion([a, b])).not.toBe(assessorVersion([a, { ...b, version: "2" }]));
    expect(assessorVersion([a, b])).not.toBe(assessorVersion([a]));
  });

  it("keeps the order of a batch and lets other work run between two interactions", async () => {
    const batch = Array.from({ length: 5 }, (_, index) => subject({}, [], { id: `id-${index}` }));
    let turns = 0;
    const turn = () => {
      turns += 1;
      if (turns < 5) setImmediate(turn);
    };
    setImmediate(turn);
    const scores = await assessment()(batch);
    expect(scores.map(({ id }) => id)).toEqual(batch.map(({ interaction }) => interaction.facts.id));
    expect(turns).toBeGreaterThanOrEqual(3);
    expect(await assessment()([])).toEqual([]);
  });
});
