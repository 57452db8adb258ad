import { describe, expect, test } from "vitest";
import { DAY, type FeedbackSays, feedback, idAt, interaction, keyOf, NOW, score, tenantOf } from "../sample.ts";
import { type MakeStore, ownStore } from "../suite.ts";

export function givingFeedback(make: MakeStore): void {
  describe("feedback", () => {
    const own = ownStore(make);
    const stored = async (name: string) => {
      const item = interaction({ tenant: tenantOf(name) });
      await own.store.interactions.accept([item], NOW);
      return keyOf(item);
    };
    const workOf = async ({ tenant }: { tenant: string }) =>
      (
        await own.tested.rows("SELECT feedback_seq, state, deliveries, enqueued_at FROM work WHERE tenant = $1", tenant)
      ).map((row) => ({ ...row }));

    test.each<FeedbackSays>([
      { type: "rating", rating: 4 },
      { type: "acceptance", accepted: true },
      { type: "edit", block: 1, after: "func add(a, b int) int {\n\treturn b + a\u0000\n}" },
      { type: "retention", point: "10m", share: 0.1 + 0.2 },
      { type: "compile", succeeded: false },
      { type: "test", succeeded: true, passed: 3 },
      { type: "deploy", succeeded: true },
      { type: "comment", text: "half a pair \udfff" },
    ])("$type comes back as it was given", async (says) => {
      const key = await stored("types");
      const syntax = { language: "go", before: 0, after: 0.5 };
      const given = feedback(key, says, { syntax });
      expect(await own.store.interactions.acceptFeedback([given], NOW + 1)).toEqual(["created"]);
      const [loaded] = await own.store.interactions.load([key]);
      expect(loaded?.feedback).toEqual([{ feedback: given.feedback, seq: 1, receivedAt: NOW + 1, syntax }]);
      expect(loaded?.interaction.feedbackSeq).toBe(1);
    });

    test("numbers go up in the order received, over batches and inside them", async () => {
      const key = await stored("numbers");
      const [one, two, three] = [feedback(key), feedback(key), feedback(key)];
      await own.store.interactions.acceptFeedback([two, one], NOW + 1);
      await own.store.interactions.acceptFeedback([three], NOW + 2);
      const [loaded] = await own.store.interactions.load([key]);
      expect(loaded?.feedback.map(({ feedback: { id }, seq }) => [id, seq])).toEqual([
        [two.feedback.id, 1],
        [one.feedback.id, 2],
        [three.feedback.id, 3],
      ]);
      expect(loaded?.interaction.feedbackSeq).toBe(3);
    });

    test("feedback on many interactions in one batch goes to each", async () => {
      const tenant = tenantOf("many");
      const batch = Array.from({ length: 30 }, () => interaction({ tenant }));
      await own.store.interactions.accept(batch, NOW);
      const given = batch.flatMap((item) => [feedback(keyOf(item)), feedback(keyOf(item))]);
      const outcomes = await own.store.interactions.acceptFeedback(given.toReversed(), NOW);
      expect(outcomes).toEqual(Array(60).fill("created"));
      const loaded = await own.store.interactions.load(batch.map(keyOf));
      expect(loaded.map(({ feedback: all }) => all.map(({ seq }) => seq))).toEqual(Array(30).fill([1, 2]));
    });

    test("the same again is a duplicate that counts nothing, another body a conflict", async () => {
      const key = await stored("again");
      const given = feedback(key);
      await own.store.interactions.acceptFeedback([given], NOW);
      const batch = [given, { ...given, body: "other" }, feedback(key), given];
      expect(await own.store.interactions.acceptFeedback(batch, NOW)).toEqual([
        "duplicate",
        "conflict",
        "created",
        "duplicate",
      ]);
      expect((await own.store.interactions.load([key]))[0]?.interaction.feedbackSeq).toBe(2);
    });

    test("of one id twice in a batch the first is stored", async () => {
      const key = await stored("twice");
      const given = feedback(key);
      const batch = [given, { ...given, body: "other" }, given];
      expect(await own.store.interactions.acceptFeedback(batch, NOW)).toEqual(["created", "conflict", "duplicate"]);
    });

    test("an id that was used for another interaction is a conflict", async () => {
      const [one, two] = [await stored("mixed"), await stored("mixed")];
      const given = feedback(one);
      await own.store.interactions.acceptFeedback([given], NOW);
      const mixed = feedback(
        { tenant: one.tenant, id: two.id },
        { type: "rating", rating: 1 },
        { id: given.feedback.id },
      );
      expect(await own.store.interactions.acceptFeedback([mixed], NOW)).toEqual(["unknown"]);
      const beside = interaction({ tenant: one.tenant });
      await own.store.interactions.accept([beside], NOW);
      const taken = feedback(keyOf(beside), { type: "rating", rating: 1 }, { id: given.feedback.id });
      expect(await own.store.interactions.acceptFeedback([taken], NOW)).toEqual(["conflict"]);
    });

    test("for an interaction that is not there it is unknown, and known once it came", async () => {
      const item = interaction({ tenant: tenantOf("early") });
      const given = feedback(keyOf(item));
      expect(await own.store.interactions.acceptFeedback([given], NOW)).toEqual(["unknown"]);
      await own.store.interactions.accept([item], NOW);
      expect(await own.store.interactions.acceptFeedback([given], NOW)).toEqual(["created"]);
    });

    test("another tenant's interaction is unknown", async () => {
      const key = await stored("mine");
      const given = feedback({ ...key, tenant: tenantOf("theirs") });
      expect(await own.store.interactions.acceptFeedback([given], NOW)).toEqual(["unknown"]);
    });

    test("an id outside the window is refused", async () => {
      const key = await stored("window");
      const given = feedback(key, undefined, { id: idAt(NOW - 8 * DAY) });
      expect(await own.store.interactions.acceptFeedback([given], NOW)).toEqual(["outsideWindow"]);
    });

    test("it makes work again of what was scored already", async () => {
      const key = await stored("late");
      await own.store.assessments.put([score(key)], NOW + 1);
      expect(await workOf(key)).toEqual([]);
      await own.store.interactions.acceptFeedback([feedback(key)], NOW + 2);
      expect(await workOf(key)).toEqual([{ feedback_seq: 1, state: "ready", deliveries: 0, enqueued_at: NOW + 2 }]);
    });

    test("it takes work out of the hands of who holds the old one, and out of the grave", async () => {
      await own.tested.rows("DELETE FROM work");
      const key = await stored("held");
      const [ref] = await own.store.work.lease("old", 100, 60_000, NOW);
      expect(ref).toMatchObject(key);
      await own.store.interactions.acceptFeedback([feedback(key)], NOW + 1);
      const [renewed] = await own.store.work.lease("new", 100, 60_000, NOW + 1);
      expect(renewed).toEqual({ ...key, feedbackSeq: 1, deliveries: 1 });
      await own.store.work.bury({ ...key, feedbackSeq: 1 }, "poison", 5, NOW + 2);
      await own.store.interactions.acceptFeedback([feedback(key)], NOW + 3);
      expect(await workOf(key)).toEqual([{ feedback_seq: 2, state: "ready", deliveries: 0, enqueued_at: NOW + 3 }]);
    });

    test("its placeholders stand beside those of the interaction for the next one", async () => {
      const item = interaction({
        tenant: tenantOf("placeholders"),
        content: {
          placeholders: { aa: "EMAIL_1" },
          code: [
            { language: "go", after: "x" },
            { language: "sql", after: "y" },
            { language: "go", after: "z" },
          ],
        },
      });
      await own.store.interactions.accept([item], NOW);
      const { tenant, id } = keyOf(item);
      await own.store.interactions.acceptFeedback(
        [feedback({ tenant, id }, undefined, { placeholders: { bb: "IP_1" } })],
        NOW,
      );
      const missing = idAt();
      const contexts = await own.store.interactions.redactionContexts(tenant, [id, missing]);
      expect([...contexts]).toEqual([
        [id, { policy: "team/coder", placeholders: { aa: "EMAIL_1", bb: "IP_1" }, languages: ["go", "sql", "go"] }],
      ]);
    });

    test("sent by eight at once each is numbered once", async () => {
      const tenant = tenantOf("eight");
      const batch = Array.from({ length: 10 }, () => interaction({ tenant }));
      await own.store.interactions.accept(batch, NOW);
      const given = batch.flatMap((item) => [feedback(keyOf(item)), feedback(keyOf(item))]);
      const all = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          own.store.interactions.acceptFeedback(n % 2 === 0 ? given : given.toReversed(), NOW),
        ),
      );
      expect(all.flat().filter((outcome) => outcome === "created")).toHaveLength(20);
      const loaded = await own.store.interactions.load(batch.map(keyOf));
      expect(loaded.map(({ feedback: ones }) => ones.map(({ seq }) => seq))).toEqual(Array(10).fill([1, 2]));
    });
  });
}
