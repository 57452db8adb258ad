import { describe, expect, test } from "vitest";
import { InvalidCursor } from "../../errors.ts";
import type { InteractionCriteria } from "../../port.ts";
import { DAY, feedback, HOUR, idAt, interaction, keyOf, NOW, POLICY, score, tenantOf } from "../sample.ts";
import { type MakeStore, ownStore } from "../suite.ts";

export function querying(make: MakeStore): void {
  describe("querying interactions", () => {
    const own = ownStore(make);
    const ids = async (criteria: InteractionCriteria) =>
      (await own.store.interactions.query(criteria)).items.map(({ interaction: { facts } }) => facts.id);

    test("the newest comes first, in pages that miss and repeat nothing", async () => {
      const tenant = tenantOf("pages");
      const batch = Array.from({ length: 25 }, (_, n) => interaction({ tenant, id: idAt(NOW - (n % 7) * DAY) }));
      await own.store.interactions.accept(batch, NOW);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await own.store.interactions.query({
          tenant,
          limit: 10,
          ...(cursor === undefined ? {} : { cursor }),
        });
        seen.push(...page.items.map(({ interaction: { facts } }) => facts.id));
        cursor = page.next;
      } while (cursor !== undefined);
      expect(seen).toEqual(
        batch
          .map(({ facts }) => facts.id)
          .toSorted()
          .toReversed(),
      );
    });

    test("a page that ends exactly at the last one says so", async () => {
      const tenant = tenantOf("exact");
      await own.store.interactions.accept([interaction({ tenant }), interaction({ tenant })], NOW);
      const page = await own.store.interactions.query({ tenant, limit: 2 });
      expect(page.items).toHaveLength(2);
      expect(page.next).toBeUndefined();
    });

    test.each<[string, Partial<InteractionCriteria>, number[]]>([
      ["the tenant alone", {}, [5, 4, 3, 2, 1, 0]],
      ["a policy", { policy: "team/writer" }, [1]],
      ["a session", { session: "5e552" }, [2]],
      ["a kind", { kind: "command" }, [3]],
      ["a language", { language: "sql" }, [4, 1]],
      ["a tool", { tool: "browser" }, [4]],
      ["a language and a tool", { language: "sql", tool: "shell" }, [1]],
      ["a model", { modelVersion: "coder-2" }, [5]],
      ["what is from a time on", { from: NOW - 3 * DAY }, [3, 2, 1, 0]],
      ["what is before a time", { to: NOW - 3 * DAY }, [5, 4]],
      ["a span", { from: NOW - 4 * DAY, to: NOW - 2 * DAY }, [4, 3]],
      ["good scores", { minOverall: 0.8 }, [0]],
      ["bad scores", { maxOverall: 0.3 }, [1]],
      ["scores between", { minOverall: 0.3, maxOverall: 0.8 }, [1, 0]],
      ["a type of feedback", { feedback: "comment" }, [2]],
      ["what is nowhere", { language: "cobol" }, []],
    ])("it finds by %s", async (_, criteria, expected) => {
      const tenant = tenantOf("criteria");
      const facts = [
        {},
        { policy: "team/writer", languages: ["go", "sql"] },
        { session: "5e552" },
        { kind: "command" as const },
        { languages: ["sql"], tools: ["browser"] },
        { modelVersion: "coder-2" },
      ];
      const batch = facts.map((some, n) => interaction({ tenant, id: idAt(NOW - n * DAY), facts: some }));
      await own.store.interactions.accept(batch, NOW);
      const [good, bad, commented] = batch.map(keyOf);
      if (good === undefined || bad === undefined || commented === undefined) throw new Error("six were made");
      await own.store.assessments.put([score(good, { overall: 0.8 }), score(bad, { overall: 0.3 })], NOW);
      await own.store.interactions.acceptFeedback([feedback(commented, { type: "comment", text: "good" })], NOW);
      const found = await ids({ tenant, limit: 50, ...criteria });
      expect(found.map((id) => batch.findIndex((item) => item.facts.id === id))).toEqual(expected.toReversed());
    });

    test("what is found brings its feedback and its score", async () => {
      const tenant = tenantOf("whole");
      const item = interaction({ tenant });
      await own.store.interactions.accept([item], NOW);
      const given = feedback(keyOf(item));
      await own.store.interactions.acceptFeedback([given], NOW + 1);
      await own.store.assessments.put([score(keyOf(item), { feedbackSeq: 1 })], NOW + 2);
      const { items } = await own.store.interactions.query({ tenant, limit: 10 });
      expect(items).toEqual(await own.store.interactions.load([keyOf(item)]));
      expect(items[0]).toMatchObject({ feedback: [{ seq: 1 }], assessment: { overall: 0.8, assessedAt: NOW + 2 } });
    });

    test("loading answers in the order asked and leaves out what is not there", async () => {
      const tenant = tenantOf("load");
      const batch = [interaction({ tenant }), interaction({ tenant }), interaction({ tenant, id: idAt(NOW - HOUR) })];
      await own.store.interactions.accept(batch, NOW);
      const [a, b, c] = batch.map(keyOf);
      if (a === undefined || b === undefined || c === undefined) throw new Error("three were made");
      const loaded = await own.store.interactions.load([c, { tenant, id: idAt() }, a, b]);
      expect(loaded.map(({ interaction: { facts } }) => facts.id)).toEqual([c.id, a.id, b.id]);
    });

    test.each([
      ["not base64 at all", "***"],
      ["not JSON", Buffer.from("{").toString("base64url")],
      ["of another list", Buffer.from('["reviews",[0.5,"x"]]').toString("base64url")],
      ["with something else than an id", Buffer.from('["interactions","1 OR 1=1"]').toString("base64url")],
      ["empty", ""],
    ])("a cursor that is %s is refused", async (_, cursor) => {
      const { interactions, work, reviews, tasks, datasets } = own.store;
      await expect(interactions.query({ tenant: "acme", limit: 5, cursor })).rejects.toThrow(InvalidCursor);
      await expect(work.dead("acme", 5, cursor)).rejects.toThrow(InvalidCursor);
      await expect(reviews.list("acme", undefined, 5, `${cursor}x`)).rejects.toThrow(InvalidCursor);
      await expect(tasks.list("acme", "dataset", 5, cursor)).rejects.toThrow(InvalidCursor);
      await expect(datasets.list("acme", POLICY, 5, cursor)).rejects.toThrow(InvalidCursor);
    });
  });
}
