import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { sha256Of } from "../../artifacts/index.ts";
import { Workshop } from "./testing/building.ts";
import { candidate, idOf, policyOf } from "./testing/candidates.ts";

const workshop = new Workshop();
afterAll(() => workshop[Symbol.dispose]());
const many = (count: number, of: (number: number) => object = () => ({})) =>
  Array.from({ length: count }, (_, number) => candidate(number, of(number)));

describe("a dataset", () => {
  it("holds each good interaction once, as the conversation that led to its answer", async () => {
    const built = await workshop.build(
      [
        candidate(1, {
          history: [
            { role: "system", content: "Be brief." },
            { role: "user", content: "Hello" },
            { role: "assistant", content: "Hi." },
          ],
          input: 'Say "ü" and\na tab\t',
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
          { role: "system", content: "Be brief." },
          { role: "user", content: "Hello" },
          { role: "assistant", content: "Hi." },
          { role: "user", content: 'Say "ü" and\na tab\t' },
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
    expect(built.record).toMatchObject({ sha256: built.sha256, policy: "team/coder", uri: built.uri });
  });
});
