import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataPolicy } from "../../api/learning/policies.ts";
import { lowestId } from "../store/event-id.ts";
import { openSqlite, type Store } from "../store/index.ts";
import { codeParser } from "../syntax/index.ts";
import { analyse, calibration } from "./analysis.ts";
import { type Assess, createAssessment } from "./assess.ts";
import { standardAssessors } from "./standard.ts";
import { type Said, subject } from "./testing/subject.ts";
import { adjustThresholds, thresholdReader } from "./thresholds.ts";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 15, 12, 30);
const policy = dataPolicy.parse({ namespace: "team", name: "coder", servedModel: "coder" });
const scope = { tenant: "acme", policy: "team/coder" };
const code = { typescript: "export const one = () => 1;\n", go: "func one() int {\n\treturn 1\n}\n" };

let folder: string;
let store: Store;
let assess: Assess;
let made = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "qi-assessment-"));
  store = await openSqlite({ folder, secret: Buffer.alloc(32, 7), clock: () => NOW });
  await store.policies.replace({ revision: 1, policies: [policy] });
  await store.maintain(NOW);
  assess = createAssessment({
    assessors: standardAssessors(codeParser()),
    policyOf: () => policy,
    thresholdOf: thresholdReader(store.thresholds, 0, () => NOW),
    salt: "salt",
  });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

/** Stores one interaction of that language and answers its id. */
async function stored(language: "typescript" | "go", at = NOW - 2 * HOUR): Promise<string> {
  const id = id7(at);
  const { interaction } = subject({ code: [{ language, after: code[language] }] }, [], { id, at });
  await store.interactions.accept([{ ...interaction, body: id }], NOW);
  return id;
}

async function said(interactionId: string, body: Said): Promise<void> {
  const feedback = subject({}, [body]).feedback[0]?.feedback;
  if (feedback === undefined) throw new Error("nothing was said");
  const own = { ...feedback, id: id7(NOW), interactionId };
  await store.interactions.acceptFeedback(
    [{ tenant: "acme", feedback: own, body: own.id, placeholders: {}, syntax: undefined }],
    NOW,
  );
}

async function scored(ids: readonly string[]): Promise<readonly boolean[]> {
  const loaded = await store.interactions.load(ids.map((id) => ({ tenant: "acme", id })));
  return store.assessments.put(await assess(loaded), NOW);
}

function id7(at: number): string {
  made += 1;
  return `${lowestId(at).slice(0, 14)}7000-8000-${made.toString(16).padStart(12, "0")}`;
}

describe("assessments kept in a store", () => {
  it("are made anew by late feedback, and the later one counts", async () => {
    const id = await stored("go");
    const current = async () => (await store.assessments.current([{ tenant: "acme", id }]))[0];
    await scored([id]);
    const before = await current();
    await said(id, { type: "rating", rating: 5 });
    await said(id, { type: "compile", succeeded: false });
    expect(await scored([id])).toEqual([true]);
    const after = await current();
    expect(before).toMatchObject({ feedbackSeq: 0 });
    expect(before?.dimensions).not.toHaveProperty("satisfaction");
    expect(after).toMatchObject({ feedbackSeq: 2, dimensions: { satisfaction: 1, functionalCorrectness: 0 } });
    expect(after?.confidence).toBeGreaterThan(before?.confidence ?? 1);
    expect(after?.why).toContain("It does not compile: the score is multiplied by 0.5.");
  });

  it("tell which language is failing, and leave a threshold alone that is near its target", async () => {
    const ids: string[] = [];
    for (let count = 0; count < 80; count++) {
      const [good, bad] = [await stored("typescript"), await stored("go")];
      await said(good, { type: "rating", rating: 5 });
      await said(good, { type: "test", succeeded: true });
      await said(bad, { type: "acceptance", accepted: false });
      ids.push(good, bad);
    }
    await scored(ids);
    const { findings } = await analyse({ store, ...scope, from: NOW - 24 * HOUR, to: NOW });
    expect(
      findings.filter(({ kind }) => kind === "BelowRest").map(({ facet, measure }) => `${facet} ${measure}`),
    ).toEqual(expect.arrayContaining(["language:go satisfaction", "language:go overall", "language:go accepted"]));
    expect(findings.some(({ facet }) => facet === "language:typescript")).toBe(false);

    const adjust = () => adjustThresholds({ store, scopes: [{ ...scope, assessment: policy.assessment }], now: NOW });
    expect(await adjust()).toMatchObject([
      { outcome: "held", decision: { reason: expect.stringMatching(/near enough/) } },
    ]);
  });

  it("let the threshold rise once, and are held against the new one", async () => {
    const ids: string[] = [];
    for (let count = 0; count < 160; count++) ids.push(await stored("typescript"));
    for (const id of ids) await said(id, { type: "rating", rating: 5 });
    await scored(ids);
    const adjust = () => adjustThresholds({ store, scopes: [{ ...scope, assessment: policy.assessment }], now: NOW });
    expect(await adjust()).toMatchObject([{ outcome: "changed", decision: { change: { from: 0.7 } } }]);
    expect(await adjust()).toMatchObject([{ outcome: "held" }]);
    const [change, ...older] = await store.thresholds.history("acme", "team/coder", 10);
    expect(older).toEqual([]);
    expect(change).toMatchObject({ to: expect.closeTo(0.72), reason: expect.stringContaining("too many") });
    const [loaded] = await store.interactions.load([{ tenant: "acme", id: await stored("go") }]);
    expect(loaded && (await assess([loaded]))).toMatchObject([{ threshold: expect.closeTo(0.72) }]);
  });

  it("open reviews whose decisions become calibration", async () => {
    const lease = await store.reviews.lease("acme", "rita", HOUR, NOW);
    if (lease === undefined) throw new Error("nothing was sent to review");
    const { key, confidence } = lease.item;
    await store.reviews.decide(key, lease.token, { verdict: "include", overall: 0.9, reviewer: "rita" }, 0.7, NOW);
    const report = await calibration({ store, ...scope, review: policy.assessment.review, limit: 100 });
    expect(report.lowConfidence).toMatchObject({ n: 1 });
    expect(report.lowConfidence.error).toBeCloseTo(Math.abs(Number(lease.item.predicted >= 0.7) - confidence));

    const [loaded] = await store.interactions.load([key]);
    expect(loaded && (await assess([loaded]))[0]?.review).toBeUndefined();
    expect(await scored([key.id])).toEqual([false]);
  });
});
