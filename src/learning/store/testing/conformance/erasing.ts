import { describe, expect, test } from "vitest";
import { feedback, interaction, keyOf, NOW, POLICY, score, tenantOf } from "../sample.ts";
import { type MakeStore, ownStore } from "../suite.ts";

const TABLES = ["interaction", "feedback", "work", "assessment", "score", "review"] as const;

export function erasing(make: MakeStore): void {
  describe("erasing a person", () => {
    const own = ownStore(make);
    const counts = async (tenant: string) => {
      const found: Record<string, number> = {};
      for (const table of TABLES)
        found[table] = (await own.tested.rows(`SELECT id FROM ${table} WHERE tenant = $1`, tenant)).length;
      return found;
    };
    /** Interactions of a person, each with feedback, a score and a review. */
    const used = async (tenant: string, subject: string | undefined, count: number, canary = "text") => {
      const batch = Array.from({ length: count }, () =>
        interaction({ tenant, facts: { subject }, content: { input: `${canary} input` } }),
      );
      await own.store.interactions.accept(batch, NOW);
      const given = batch.map((item) => feedback(keyOf(item), { type: "comment", text: `${canary} comment` }));
      await own.store.interactions.acceptFeedback(given, NOW);
      await own.store.assessments.put(
        batch.map((item) => score(keyOf(item), { review: "Audit" })),
        NOW,
      );
      return batch;
    };
    const dataset = (tenant: string, sha256: string, ids: readonly string[]) =>
      own.store.datasets.add(
        { sha256, tenant, policy: POLICY, uri: "file:///x", manifest: {}, createdAt: NOW },
        (async function* () {
          yield ids.map((id) => ({ id, split: "train" as const }));
        })(),
      );

    test("removes everything of the person and nothing of others", async () => {
      const tenant = tenantOf("erase");
      const hers = await used(tenant, "ann", 3);
      const others = [...(await used(tenant, "bob", 2)), ...(await used(tenant, undefined, 1))];
      const [elsewhere] = await used(tenantOf("elsewhere"), "ann", 1);
      const receipt = await own.store.erasures.erase({ id: "e1", tenant, subject: "ann" }, NOW + 5);
      expect(receipt).toEqual({
        id: "e1",
        requestedAt: NOW + 5,
        completedAt: NOW + 5,
        interactions: 3,
        feedback: 3,
        datasets: [],
        modelVersions: [],
      });
      expect(await own.store.interactions.load(hers.map(keyOf))).toEqual([]);
      expect(await own.store.interactions.load(others.map(keyOf))).toHaveLength(3);
      expect(await counts(tenant)).toEqual({
        interaction: 3,
        feedback: 3,
        work: 3,
        assessment: 3,
        score: 3,
        review: 3,
      });
      expect(elsewhere && (await own.store.interactions.load([keyOf(elsewhere)]))).toHaveLength(1);
      expect(await own.store.erasures.get(tenant, "e1")).toEqual(receipt);
      expect(await own.store.erasures.get("another", "e1")).toBeUndefined();
    });

    test("more than one batch of them", async () => {
      const tenant = tenantOf("batches");
      const batch = Array.from({ length: 1100 }, () => interaction({ tenant, facts: { subject: "ann" } }));
      await own.store.interactions.accept(batch, NOW);
      const receipt = await own.store.erasures.erase({ id: "e1", tenant, subject: "ann" }, NOW);
      expect(receipt.interactions).toBe(1100);
      expect((await counts(tenant)).interaction).toBe(0);
    });

    test("names the datasets and the models it reached, and marks the datasets", async () => {
      const tenant = tenantOf("reach");
      const [hers] = await used(tenant, "ann", 1);
      const [his] = await used(tenant, "bob", 1);
      if (hers === undefined || his === undefined) throw new Error("two were made");
      await dataset(tenant, "d1", [hers.facts.id, his.facts.id]);
      await dataset(tenant, "d2", [his.facts.id]);
      await dataset(tenant, "d3", [hers.facts.id]);
      const lineage = (dataset: string, modelVersion: string) =>
        own.store.datasets.addLineage(tenant, { dataset, modelVersion, trainingRun: "run-1" });
      for (const [from, to] of [
        ["d1", "coder-1"],
        ["d1", "coder-1"],
        ["d2", "coder-2"],
        ["d3", "coder-3"],
      ] as const)
        await lineage(from, to);
      const receipt = await own.store.erasures.erase({ id: "e1", tenant, subject: "ann" }, NOW + 5);
      expect(receipt).toMatchObject({ datasets: ["d1", "d3"], modelVersions: ["coder-1", "coder-3"] });
      expect((await own.store.datasets.get(tenant, "d1"))?.erasedAt).toBe(NOW + 5);
      expect((await own.store.datasets.get(tenant, "d2"))?.erasedAt).toBeUndefined();
      // It was being trained meanwhile.
      await lineage("d3", "coder-0");
      await lineage("d2", "coder-9");
      const later = await own.store.erasures.get(tenant, "e1");
      expect(later).toMatchObject({ modelVersions: ["coder-0", "coder-1", "coder-3"] });
    });

    test("reaches datasets also where the interaction itself has expired", async () => {
      const tenant = tenantOf("expired");
      const [hers] = await used(tenant, "ann", 1);
      if (hers === undefined) throw new Error("one was made");
      await dataset(tenant, "d1", [hers.facts.id]);
      await own.tested.rows("DELETE FROM interaction WHERE tenant = $1", tenant);
      const receipt = await own.store.erasures.erase({ id: "e1", tenant, subject: "ann" }, NOW);
      expect(receipt).toMatchObject({ interactions: 0, datasets: ["d1"] });
    });

    test("a dataset that was being built meanwhile is marked when it is done", async () => {
      const tenant = tenantOf("meanwhile");
      const [hers] = await used(tenant, "ann", 1);
      if (hers === undefined) throw new Error("one was made");
      await own.store.datasets.add(
        { sha256: "d1", tenant, policy: POLICY, uri: "file:///x", manifest: {}, createdAt: NOW },
        (async function* () {
          await own.store.erasures.erase({ id: "e1", tenant, subject: "ann" }, NOW);
          yield [{ id: hers.facts.id, split: "train" as const }];
        })(),
      );
      expect((await own.store.datasets.get(tenant, "d1"))?.erasedAt).toBe(NOW);
    });

    test("afterwards the person's interactions and feedback are refused, old ones and new ones", async () => {
      const tenant = tenantOf("refused");
      const [hers] = await used(tenant, "ann", 1);
      if (hers === undefined) throw new Error("one was made");
      await own.store.erasures.erase({ id: "e1", tenant, subject: "ann" }, NOW);
      const fresh = interaction({ tenant, facts: { subject: "ann" } });
      const theirs = interaction({ tenant, facts: { subject: "bob" } });
      const nameless = { ...hers, facts: { ...hers.facts, subject: undefined } };
      const batch = [hers, fresh, theirs, nameless, fresh];
      const outcomes = await own.store.interactions.accept(batch, NOW);
      expect(outcomes).toEqual(["erased", "erased", "created", "erased", "erased"]);
      expect(await own.store.interactions.accept([nameless], NOW)).toEqual(["erased"]);
      const given = [feedback(keyOf(hers)), feedback(keyOf(fresh))];
      expect(await own.store.interactions.acceptFeedback(given, NOW)).toEqual(["erased", "unknown"]);
      expect(await own.store.assessments.put([score(keyOf(hers))], NOW)).toEqual([false]);
      expect((await counts(tenant)).interaction).toBe(1);
    });

    test("the same request again answers the same receipt", async () => {
      const tenant = tenantOf("again");
      await used(tenant, "ann", 2);
      const first = await own.store.erasures.erase({ id: "e1", tenant, subject: "ann" }, NOW);
      expect(await own.store.erasures.erase({ id: "e1", tenant, subject: "ann" }, NOW + 5)).toEqual(first);
      const second = await own.store.erasures.erase({ id: "e2", tenant, subject: "ann" }, NOW + 9);
      expect(second).toMatchObject({ interactions: 0, completedAt: NOW + 9 });
    });

    test("somebody who was never there leaves an empty receipt and a tombstone", async () => {
      const tenant = tenantOf("nobody");
      const receipt = await own.store.erasures.erase({ id: "e1", tenant, subject: "zoe" }, NOW);
      expect(receipt).toMatchObject({ interactions: 0, feedback: 0, completedAt: NOW });
      const item = interaction({ tenant, facts: { subject: "zoe" } });
      expect(await own.store.interactions.accept([item], NOW)).toEqual(["erased"]);
    });

    test("while the person's interactions are still coming in, none is left", async () => {
      const tenant = tenantOf("race");
      await used(tenant, "ann", 5);
      const second = await own.tested.another();
      const writers = [own.store, second ?? own.store];
      const sent = Array.from({ length: 20 }, () =>
        Array.from({ length: 10 }, () => interaction({ tenant, facts: { subject: "ann" } })),
      );
      const writing = Promise.all(sent.map(async (batch, n) => await writers[n % 2]?.interactions.accept(batch, NOW)));
      await own.store.erasures.erase({ id: "e1", tenant, subject: "ann" }, NOW);
      const outcomes = new Set((await writing).flat());
      await second?.close();
      expect([...outcomes].filter((outcome) => outcome !== "created" && outcome !== "erased")).toEqual([]);
      expect(await counts(tenant)).toEqual({
        interaction: 0,
        feedback: 0,
        work: 0,
        assessment: 0,
        score: 0,
        review: 0,
      });
    });

    test("of the person's keyed hash only the tombstone is left, and of the key nothing", async () => {
      const tenant = tenantOf("hash");
      const [hers] = await used(tenant, "ann", 1);
      await dataset(tenant, "d1", [hers?.facts.id ?? ""]);
      await own.store.erasures.erase({ id: "e1", tenant, subject: "ann" }, NOW);
      for (const table of ["interaction", "dataset_member"])
        expect(await own.tested.rows(`SELECT id FROM ${table} WHERE tenant = $1 AND subject = 'ann'`, tenant)).toEqual(
          [],
        );
      const keys = await own.tested.rows(
        "SELECT holder FROM data_key WHERE tenant = $1 AND wrapped IS NOT NULL",
        tenant,
      );
      expect(keys).toEqual([]);
    });

    test("after a backup was restored its tombstones are applied again", async () => {
      const tenant = tenantOf("restore");
      const hers = await used(tenant, "ann", 2);
      const his = await used(tenant, "bob", 1);
      await own.store.erasures.erase({ id: "e1", tenant, subject: "ann" }, NOW);
      // What a restore brings back: rows under her ids, and one that was hers under an id never erased.
      const [one, two] = hers.map(keyOf);
      for (const [id, subject] of [
        [one?.id ?? "", "ann"],
        [two?.id ?? "", "gone"],
        [interaction().facts.id, "ann"],
      ] as const)
        await own.tested.rows(
          `INSERT INTO interaction SELECT tenant, $2::uuid, at, received_at, policy, policy_revision, kind, served_model,
             model_version, thinking, session, $3::text, repository, contributor, labels, redactions, body, feedback_seq, sealed
           FROM interaction WHERE tenant = $1 AND subject = 'bob'`,
          tenant,
          id,
          subject,
        );
      expect((await counts(tenant)).interaction).toBe(4);
      expect(await own.store.erasures.replay(NOW + 9)).toBe(3);
      expect(await own.store.interactions.load(his.map(keyOf))).toHaveLength(1);
      expect((await counts(tenant)).interaction).toBe(1);
      expect(await own.store.erasures.replay(NOW + 9)).toBe(0);
    });

    test("nothing that a user wrote stands in any file, before and after", async () => {
      const tenant = tenantOf("canary");
      const canary = `canary-${tenant}-4f8a`;
      const hers = await used(tenant, "ann", 20, canary);
      const lease = await own.store.reviews.lease(tenant, "rev", 1000, NOW);
      if (lease === undefined) throw new Error("twenty wait");
      const decision = { verdict: "include", overall: 1, reviewer: "rev", note: `${canary} note` } as const;
      await own.store.reviews.decide(lease.item.key, lease.token, decision, 0.7, NOW);
      const [loaded] = await own.store.interactions.load(hers.slice(0, 1).map(keyOf));
      expect(loaded?.interaction.content.input).toContain(canary);
      // The search finds what is there in plain: the tenant's name is.
      expect(await own.tested.filesWith(tenant)).not.toEqual([]);
      expect(await own.tested.filesWith(canary)).toEqual([]);
      await own.store.erasures.erase({ id: "e1", tenant, subject: "ann" }, NOW);
      expect(await own.tested.filesWith(canary)).toEqual([]);
    });
  });
}
