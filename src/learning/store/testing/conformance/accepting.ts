import { describe, expect, test } from "vitest";
import { DAY, idAt, interaction, keyOf, NOW, tenantOf } from "../sample.ts";
import { type MakeStore, ownStore } from "../suite.ts";

export function accepting(make: MakeStore): void {
  describe("accepting interactions", () => {
    const own = ownStore(make);

    test("an interaction comes back as it was given, to the last character", async () => {
      const item = interaction({
        tenant: tenantOf("whole"),
        facts: {
          subject: "5ub1",
          repository: "4e60",
          thinking: true,
          kind: "workflow",
          languages: ["go", "sql"],
          tools: ["edit", "shell"],
          redactions: { EMAIL: 2, SECRET: 1 },
        },
        content: {
          input: "NUL \u0000, half a pair \ud800, and 日本 🙂",
          reasoning: "thoughts",
          history: [{ role: "user", content: "before" }],
          context: { project: { name: "x", count: 3, ok: true }, toolUsage: [{ name: "shell", outcome: "failed" }] },
          usage: { promptTokens: 12, durationMs: 34 },
          syntax: [{ language: "go", before: undefined, after: 0.25 }],
          placeholders: { ab12: "EMAIL_1" },
        },
      });
      expect(await own.store.interactions.accept([item], NOW)).toEqual(["created"]);
      const [loaded] = await own.store.interactions.load([keyOf(item)]);
      expect(loaded).toEqual({
        interaction: {
          facts: item.facts,
          content: JSON.parse(JSON.stringify(item.content)),
          receivedAt: NOW,
          feedbackSeq: 0,
        },
        feedback: [],
        assessment: undefined,
      });
    });

    test("an interaction of eight megabytes comes back the same", async () => {
      const tenant = tenantOf("large");
      const text = "0123456789abcdef".repeat(65_536);
      const item = interaction({
        tenant,
        content: { history: Array.from({ length: 7 }, () => ({ role: "user", content: text })) },
      });
      expect(await own.store.interactions.accept([item], NOW)).toEqual(["created"]);
      const [loaded] = await own.store.interactions.load([keyOf(item)]);
      expect(loaded?.interaction.content.history.map(({ content }) => content === text)).toEqual(Array(7).fill(true));
    });

    test("nobody's absent optional facts become something", async () => {
      const item = interaction({
        tenant: tenantOf("absent"),
        facts: { modelVersion: undefined, languages: [], tools: [], redactions: {} },
        content: { code: [] },
      });
      await own.store.interactions.accept([item], NOW);
      const [loaded] = await own.store.interactions.load([keyOf(item)]);
      expect(loaded?.interaction.facts).toEqual(item.facts);
    });

    test("the same body again is a duplicate, another one a conflict that changes nothing", async () => {
      const item = interaction({ tenant: tenantOf("again") });
      await own.store.interactions.accept([item], NOW);
      expect(await own.store.interactions.accept([item], NOW + 5)).toEqual(["duplicate"]);
      const other = { ...item, body: "b2", content: { ...item.content, input: "something else" } };
      expect(await own.store.interactions.accept([other], NOW + 6)).toEqual(["conflict"]);
      const [loaded] = await own.store.interactions.load([keyOf(item)]);
      expect(loaded?.interaction).toMatchObject({ receivedAt: NOW, content: { input: item.content.input } });
    });

    test("outcomes stand in the order of the batch", async () => {
      const tenant = tenantOf("order");
      const [old, fresh] = [interaction({ tenant }), interaction({ tenant })];
      const late = interaction({ tenant, id: idAt(NOW - 8 * DAY) });
      await own.store.interactions.accept([old], NOW);
      const outcomes = await own.store.interactions.accept([late, fresh, { ...old, body: "b2" }, old], NOW);
      expect(outcomes).toEqual(["outsideWindow", "created", "conflict", "duplicate"]);
    });

    test("of one id twice in a batch the first is stored, the other held against it", async () => {
      const item = interaction({ tenant: tenantOf("twice") });
      const batch = [item, { ...item, body: "b2" }, item];
      expect(await own.store.interactions.accept(batch, NOW)).toEqual(["created", "conflict", "duplicate"]);
      expect(await own.store.interactions.accept(batch, NOW)).toEqual(["duplicate", "conflict", "duplicate"]);
    });

    test("the same id belongs to each tenant on its own", async () => {
      const [one, two] = [interaction({ tenant: tenantOf("one") }), interaction({ tenant: tenantOf("two") })];
      const same = { ...two, facts: { ...two.facts, id: one.facts.id }, body: "b2" };
      expect(await own.store.interactions.accept([one, same], NOW)).toEqual(["created", "created"]);
      expect(await own.store.interactions.load([keyOf(one), keyOf(same)])).toHaveLength(2);
      expect(await own.store.interactions.load([{ tenant: "nobody", id: one.facts.id }])).toEqual([]);
    });

    test.each([
      ["seven days old", NOW - 7 * DAY, "created"],
      ["older than seven days", NOW - 7 * DAY - 1, "outsideWindow"],
      ["five minutes ahead", NOW + 300_000, "created"],
      ["more than five minutes ahead", NOW + 300_001, "outsideWindow"],
      ["of 1970", 0, "outsideWindow"],
      ["of the year 10889", 2 ** 48 - 1, "outsideWindow"],
    ])("an id %s is answered so", async (_, at, outcome) => {
      const item = interaction({ tenant: tenantOf("window"), id: idAt(at) });
      expect(await own.store.interactions.accept([item], NOW)).toEqual([outcome]);
      expect(await own.store.interactions.load([keyOf(item)])).toHaveLength(outcome === "created" ? 1 : 0);
    });

    test("each created interaction has exactly one row of work, and a duplicate makes none", async () => {
      const tenant = tenantOf("work");
      const batch = Array.from({ length: 20 }, () => interaction({ tenant }));
      await own.store.interactions.accept(batch, NOW);
      await own.store.interactions.accept(batch, NOW + 1);
      const rows = await own.tested.rows(
        "SELECT id, feedback_seq, enqueued_at FROM work WHERE tenant = $1 ORDER BY id",
        tenant,
      );
      expect(rows.map((row) => ({ ...row }))).toEqual(
        batch
          .map((item) => ({ id: item.facts.id, feedback_seq: 0, enqueued_at: NOW }))
          .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      );
    });

    test("the same batches sent by eight at once are stored once", async () => {
      const tenant = tenantOf("eight");
      const batch = Array.from({ length: 50 }, (_, n) => interaction({ tenant, facts: { subject: `5ub${n % 3}` } }));
      const all = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          own.store.interactions.accept(n % 2 === 0 ? batch : batch.toReversed(), NOW),
        ),
      );
      const created = all.flat().filter((outcome) => outcome === "created");
      expect(created).toHaveLength(50);
      expect(new Set(all.flat())).toEqual(new Set(["created", "duplicate"]));
      expect(await own.store.interactions.load(batch.map(keyOf))).toHaveLength(50);
    });

    test("an empty batch is answered by an empty list", async () => {
      expect(await own.store.interactions.accept([], NOW)).toEqual([]);
      expect(await own.store.interactions.acceptFeedback([], NOW)).toEqual([]);
      expect(await own.store.interactions.load([])).toEqual([]);
      expect(await own.store.assessments.put([], NOW)).toEqual([]);
      expect(await own.store.assessments.current([])).toEqual([]);
    });
  });
}
