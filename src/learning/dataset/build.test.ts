import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { sha256Of } from "../../artifacts/index.ts";
import type { LoadedInteraction } from "../store/port.ts";
import { DatasetRefused } from "./errors.ts";
import { SHARD_ROWS } from "./shards.ts";
import { Workshop } from "./testing/building.ts";
import { AS_OF, candidate, idOf, policyOf, type Wanted, wordsOf } from "./testing/candidates.ts";

const workshop = new Workshop();
afterAll(() => workshop[Symbol.dispose]());

const many = (count: number, of: (number: number) => Wanted = () => ({})): LoadedInteraction[] =>
  Array.from({ length: count }, (_, number) => candidate(number, of(number)));

describe("a dataset", () => {
  it("holds each good interaction once, as the conversation that led to its answer", async () => {
    const history = [
      { role: "system" as const, content: "Be brief." },
      { role: "user" as const, content: "Hello" },
      { role: "assistant" as const, content: "Hi." },
    ];
    const built = await workshop.build(
      [
        candidate(1, {
          history,
          input: 'Say "ü" and\na tab\t\ud800',
          output: "ü, 🎉\t\\",
          reasoning: "The user wants ü.",
          code: [{ language: "go", after: "x" }],
          overall: 0.875,
        }),
      ],
      { policy: policyOf({ thinkingRatio: 1 }) },
    );
    expect(built.rows.train).toEqual([
      {
        id: idOf(1),
        messages: [
          ...history,
          { role: "user", content: 'Say "ü" and\na tab\t\ufffd' },
          { role: "assistant", content: "ü, 🎉\t\\", reasoning_content: "The user wants ü." },
        ],
        learn: 4,
        mode: "thinking",
        needs_trace: false,
        score: 0.875,
        kind: "prompt",
        language: "go",
      },
    ]);
  });

  it("is named by the sha256 of its manifest, and every file in it by its own", async () => {
    const built = await workshop.build(many(50));
    const manifest = await readFile(join(built.folder, "manifest.json"));
    expect(sha256Of(manifest)).toBe(built.sha256);
    expect(JSON.parse(manifest.toString())).toEqual(built.manifest);
    const { splits, members, notMembers } = built.manifest;
    for (const file of [...splits.train.files, members, notMembers]) {
      const bytes = await readFile(join(built.folder, file.sha256));
      expect([sha256Of(bytes), bytes.length]).toEqual([file.sha256, file.size]);
    }
    expect(built.record).toMatchObject({
      sha256: built.sha256,
      policy: "team/coder",
      uri: built.uri,
      createdAt: AS_OF + 5,
    });
  });

  it("has the same bytes whoever builds it from the same interactions, in whatever batches and threads", async () => {
    const candidates = many(400, (number) => ({ ...(number % 3 === 0 ? { reasoning: wordsOf(number, 9) } : {}) }));
    const policy = policyOf({ thinkingRatio: 0.5, split: { validation: 0.1, test: 0.1, groupBy: ["session"] } });
    const first = await workshop.build(candidates, { policy, batch: 400 });
    using other = new Workshop();
    const second = await other.build(candidates, { policy, batch: 7, threads: 2, now: () => AS_OF + 999 });
    expect(second.sha256).toBe(first.sha256);
    expect(second.rows).toEqual(first.rows);
    expect(second.train.map(({ sha256 }) => sha256)).toEqual(first.train.map(({ sha256 }) => sha256));
  });

  it("can be built twice into the same store", async () => {
    const candidates = many(20);
    const first = await workshop.build(candidates);
    expect((await workshop.build(candidates)).uri).toBe(first.uri);
  });

  it("says of every candidate that it does not hold why not", async () => {
    const text = { input: wordsOf(1, 30), output: wordsOf(2, 300) };
    const nearly = { ...text, output: text.output.replace(/^\S+/, "another") };
    const built = await workshop.build([
      candidate(1, { overall: 0.69 }),
      candidate(2, { assessed: false }),
      candidate(3, { overall: 0.99, verdict: "exclude" }),
      candidate(4, { overall: 0.2, verdict: "include" }),
      candidate(5, { receivedAt: AS_OF + 1 }),
      candidate(6, { output: " " }),
      candidate(7, { input: "<|im_end|>" }),
      candidate(8, { ...text, overall: 0.8 }),
      candidate(9, { ...text, overall: 0.9 }),
      candidate(10, { ...text, overall: 0.9 }),
      candidate(11, { ...nearly, overall: 0.85 }),
      candidate(12, { input: text.input.toUpperCase(), output: text.output.replaceAll(" ", ",\n"), overall: 0.7 }),
    ]);
    expect(Object.fromEntries(built.excluded)).toEqual({
      [idOf(1)]: "BelowThreshold",
      [idOf(2)]: "BelowThreshold",
      [idOf(3)]: "ExcludedByReviewer",
      [idOf(5)]: "AfterCut",
      [idOf(6)]: "NoAnswer",
      [idOf(7)]: "ControlTokens",
      [idOf(8)]: "ExactDuplicate",
      [idOf(10)]: "ExactDuplicate",
      [idOf(11)]: "NearDuplicate",
      [idOf(12)]: "ExactDuplicate",
    });
    expect(built.recorded).toEqual([4, 9].map((number) => ({ id: idOf(number), split: "train" })));
    expect(built.manifest).toMatchObject({
      candidates: 12,
      examples: 2,
      excluded: { ExactDuplicate: 3, BelowThreshold: 2 },
    });
  });

  it("keeps out what an evaluation set holds, and what nearly is that", async () => {
    const exam = wordsOf(77, 40);
    const lines = `${JSON.stringify({ task: { prompt: exam }, n: 1 })}\n\n${JSON.stringify(["too short"])}\n`;
    const stored = await workshop.artifacts.put("evaluation", Buffer.from(lines));
    const evaluation = [{ name: "exam", uri: stored.uri, sha256: stored.sha256 }];
    const long = { input: "Solve this:", output: `${wordsOf(5, 200)} ${exam}` };
    const rewritten = exam
      .split(" ")
      .flatMap((word, at) => (at % 11 === 10 ? ["well", word] : [word]))
      .join(" ");
    const built = await workshop.build(
      [
        candidate(1, long),
        candidate(2, { input: exam.toUpperCase() }),
        candidate(3, { history: [{ role: "user", content: exam }] }),
        candidate(4, { reasoning: exam }),
        candidate(5, { ...long, output: `${wordsOf(5, 200)} ${rewritten}` }),
        candidate(6, { input: exam.split(" ").slice(0, 11).join(" ") }),
        candidate(7),
      ],
      { evaluation },
    );
    expect([...built.excluded]).toEqual([1, 2, 3, 4, 5].map((number) => [idOf(number), "Contaminated"]));
    expect(built.manifest.evaluation).toEqual([{ name: "exam", sha256: stored.sha256, lines: 3, texts: 1 }]);
  });

  it("cuts its splits into shards of a fixed number of rows", async () => {
    const built = await workshop.build(
      many(SHARD_ROWS + 10, (number) => ({ input: `q${number}`, output: wordsOf(number, 6) })),
      { batch: 500 },
    );
    const files = built.manifest.splits.train.files;
    expect(files.map(({ name, rows }) => [name, rows])).toEqual([
      ["train-00000.parquet", SHARD_ROWS],
      ["train-00001.parquet", built.manifest.examples - SHARD_ROWS],
    ]);
    const ids = built.rows.train.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    const members = (await readFile(join(built.folder, built.manifest.members.sha256), "utf8")).trim().split("\n");
    expect(members.map((line) => JSON.parse(line).id)).toEqual(ids);
    expect(JSON.parse(members.at(-1) ?? "")).toEqual({ id: ids.at(-1), shard: "train-00001.parquet", split: "train" });
  });

  it("has a card that people can read, in which no key of a contributor stands", async () => {
    const built = await workshop.build(
      many(60, (number) => ({ contributor: `api-key-${number % 2}`, code: [{ language: "go", after: "x" }] })),
      { policy: policyOf({ maxSharePerContributor: 0.05 }) },
    );
    const card = await readFile(join(built.folder, "README.md"), "utf8");
    expect(card).toContain("60 examples for `coder`");
    expect(card).toContain("| go | 60 |");
    expect(card).toContain("**Not held**: 2 contributors cannot each stay below 0.05");
    expect(card + JSON.stringify(built.manifest)).not.toContain("api-key");
  });

  it("tells how far it is, up to the end", async () => {
    const told: number[] = [];
    await workshop.build(many(50), { batch: 10, onProgress: (share) => told.push(share) });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
  });
});

describe("a dataset is refused", () => {
  const refusal = async (...args: Parameters<typeof workshop.build>): Promise<DatasetRefused> => {
    const error = await workshop.build(...args).catch((thrown: unknown) => thrown);
    if (error instanceof DatasetRefused) return error;
    throw new Error("it was built");
  };

  it("when too little is left, with what was taken out", async () => {
    const refused = await refusal(
      many(20, () => ({ input: "same", output: "same" })),
      { policy: policyOf({ minExamples: 5 }) },
    );
    expect(refused).toMatchObject({
      code: "TooFewExamples",
      retryable: false,
      figures: { candidates: 20, examples: 1, minExamples: 5, ExactDuplicate: 19 },
    });
  });

  it("when there is nothing at all", async () => {
    expect(await refusal([])).toMatchObject({ code: "TooFewExamples", figures: { candidates: 0 } });
  });

  it("when a few contributors gave nearly all of it", async () => {
    const of = (number: number) => ({ contributor: number < 180 ? "prolific" : `key-${number}` });
    const refused = await refusal(many(200, of), {
      policy: policyOf({ minExamples: 100, maxSharePerContributor: 0.05 }),
    });
    expect(refused).toMatchObject({ code: "ContributorsTooUneven", figures: { examples: 21, contributors: 21 } });
    expect(refused.message).toContain("raise dataset.maxSharePerContributor");
  });

  it("when all of it belongs to one repository, and a part should be kept for tests", async () => {
    const refused = await refusal(
      many(50, () => ({ repository: "monorepo" })),
      {
        policy: policyOf({ split: { validation: 0.1, test: 0.1, groupBy: ["session", "repository"] } }),
      },
    );
    expect(refused).toMatchObject({ code: "SplitEmpty", figures: { train: 50, validation: 0, test: 0 } });
  });

  it("when an evaluation set is none, without a word of it", async () => {
    const { uri, sha256 } = await workshop.artifacts.put("evaluation", Buffer.from('{"a":1}\nsecret words\n'));
    const refused = await refusal(many(3), { evaluation: [{ name: "exam", uri, sha256 }] });
    expect(refused).toMatchObject({
      code: "EvaluationSetInvalid",
      message: "line 2 of the evaluation set exam is not JSON",
    });
  });
});

describe("a build", () => {
  it("ends when it is aborted, and leaves nothing behind", async () => {
    const stop = new AbortController();
    const building = workshop.build(many(3000), {
      batch: 100,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error("stopped")),
    });
    await expect(building).rejects.toThrow("stopped");
  });

  it("fails when candidates do not come by id", async () => {
    await expect(workshop.build([candidate(2), candidate(1)])).rejects.toThrow("ascending");
  });
});
