import { describe, expect, test } from "vitest";
import type { InteractionKey } from "../../../model.ts";
import type { ReviewDecision, RewritableInteraction } from "../../port.ts";
import { feedback, interaction, keyOf, NOW, POLICY, score, tenantOf } from "../sample.ts";
import { type MakeStore, ownStore } from "../suite.ts";

export function rewriting(make: MakeStore): void {
  describe("rewriting what is stored", () => {
    const own = ownStore(make);
    const rewrite = (tenant: string, change: (one: RewritableInteraction) => RewritableInteraction | undefined) =>
      own.store.interactions.rewrite(POLICY, tenant, async (batch) => batch.map(change), NOW + 5);
    const said = ({ interaction: { content } }: RewritableInteraction) => content.input;
    const stored = async (tenant: string, inputs: readonly string[]) => {
      const batch = inputs.map((input) => interaction({ tenant, content: { input } }));
      await own.store.interactions.accept(batch, NOW);
      return batch.map(keyOf);
    };
    const decide = async ({ tenant, id }: InteractionKey, rest: Partial<ReviewDecision> = {}) => {
      const lease = await own.store.reviews.lease(tenant, "ann", 1000, NOW, { id });
      const decision: ReviewDecision = { verdict: "exclude", overall: 0.25, reviewer: "ann", ...rest };
      return await own.store.reviews.decide({ tenant, id }, lease?.token ?? "", decision, 0.7, NOW + 1);
    };
    /** Of one of them all members never come. */
    const dataset = async (tenant: string, sha256: string, ids: readonly string[], rest: object = {}) => {
      const record = { sha256, tenant, policy: POLICY, uri: "file:///x", manifest: {}, createdAt: NOW, ...rest };
      const members = async function* () {
        yield ids.map((id) => ({ id, split: "train" as const }));
        if (sha256 === "cut off") throw new Error("the builder died");
      };
      await own.store.datasets.add(record, members()).catch((error: Error) => {
        if (error.message !== "the builder died") throw error;
      });
    };

    test("does not undo what another rewrote meanwhile, and looks at that again", async () => {
      const tenant = tenantOf("meanwhile");
      const [key] = await stored(tenant, ["OPS-1 and DEV-1"]);
      if (key === undefined) throw new Error("one was stored");
      const given = feedback(key, { type: "comment", text: "OPS-1 and DEV-1" });
      await own.store.interactions.acceptFeedback([given], NOW);
      await own.store.assessments.put([score(key, { review: "Audit" })], NOW);
      await decide(key, { note: "OPS-1 and DEV-1" });
      const without = (word: string) => (one: RewritableInteraction) => {
        const free = (from: string) => from.replace(word, "<TICKET_1>");
        const { content } = one.interaction;
        if (!content.input.includes(word)) return undefined;
        return {
          ...one,
          interaction: { ...one.interaction, content: { ...content, input: free(content.input) } },
          feedback: one.feedback.map((each) =>
            each.feedback.type === "comment"
              ? { ...each, feedback: { ...each.feedback, text: free(each.feedback.text) } }
              : each,
          ),
          ...(one.note === undefined ? {} : { note: free(one.note) }),
        };
      };
      let looked = 0;
      const slow = own.store.interactions.rewrite(
        POLICY,
        tenant,
        async (batch) => {
          looked++;
          if (looked === 1) expect(await rewrite(tenant, without("OPS-1"))).toBe(1);
          return batch.map(without("DEV-1"));
        },
        NOW + 6,
      );
      expect(await slow).toBe(1);
      expect(looked).toBe(3); // the first was in vain, and the last one finds nothing more
      const [loaded] = await own.store.interactions.load([key]);
      const both = "<TICKET_1> and <TICKET_1>";
      expect(loaded?.interaction.content.input).toBe(both);
      expect(loaded?.feedback[0]?.feedback).toMatchObject({ text: both });
      expect((await own.store.reviews.decision(key))?.note).toBe(both);
    });

    test("seals what it changes, and only that, oldest first", async () => {
      const tenant = tenantOf("rewrite");
      const batch = Array.from({ length: 120 }, (_, n) => interaction({ tenant, content: { input: `ticket ${n}` } }));
      const other = interaction({ tenant, facts: { policy: "team/writer" } });
      await own.store.interactions.accept([...batch, other], NOW);
      const last = batch.at(-1);
      if (last === undefined) throw new Error("120 were made");
      const given = feedback(keyOf(last), { type: "comment", text: "ticket 119" }, { placeholders: { aa: "IP_1" } });
      await own.store.interactions.acceptFeedback([given], NOW);
      const seen: string[] = [];
      const changed = await own.store.interactions.rewrite(
        POLICY,
        tenant,
        async (loaded) =>
          loaded.map((one, n) => {
            seen.push(one.interaction.facts.id);
            if (one.interaction.content.input !== "ticket 119") return undefined;
            const { facts, content } = one.interaction;
            expect(n).toBeGreaterThan(0);
            return {
              ...one,
              interaction: {
                ...one.interaction,
                facts: { ...facts, redactions: { TICKET: 2 } },
                content: { ...content, input: "<TICKET_1>" },
              },
              feedback: one.feedback.map((f) => ({
                ...f,
                feedback: { ...given.feedback, type: "comment", text: "<TICKET_1>" },
              })),
            };
          }),
        NOW,
      );
      expect(changed).toBe(1);
      expect(seen).toEqual(batch.map(({ facts }) => facts.id));
      const [rewritten, untouched] = await own.store.interactions.load([keyOf(last), keyOf(other)]);
      expect(rewritten).toMatchObject({
        interaction: {
          facts: { redactions: { TICKET: 2 } },
          content: { input: "<TICKET_1>", placeholders: { aa: "IP_1" } },
        },
        feedback: [{ seq: 1, feedback: { text: "<TICKET_1>" } }],
      });
      expect(untouched?.interaction.content).toEqual(other.content);
    });

    test("hands over the note of who decided, and stores what comes back with the rest of the decision", async () => {
      const tenant = tenantOf("note");
      const keys = await stored(tenant, ["noted", "same", "silent", "open"]);
      const [noted, same, silent] = keys;
      if (noted === undefined || same === undefined || silent === undefined) throw new Error("four were made");
      await own.store.assessments.put(
        keys.map((key) => score(key, { review: "Audit" })),
        NOW,
      );
      await decide(noted, { note: "see ticket 7" });
      await decide(same, { note: "well done" });
      await decide(silent);
      const notes: Record<string, unknown> = {};
      const changed = await rewrite(tenant, (one) => {
        notes[said(one)] = "note" in one ? one.note : "none";
        return said(one) === "noted" ? { ...one, note: "see <TICKET_1>" } : undefined;
      });
      expect(changed).toBe(1);
      expect(notes).toEqual({ noted: "see ticket 7", same: "well done", silent: "none", open: "none" });
      const decided = { verdict: "exclude", overall: 0.25, reviewer: "ann", decidedAt: NOW + 1 };
      expect(await own.store.reviews.decision(noted)).toEqual({ ...decided, note: "see <TICKET_1>" });
      expect(await own.store.reviews.decision(same)).toEqual({ ...decided, note: "well done" });
      expect(await own.store.reviews.decision(silent)).toEqual(decided);
    });

    test("withdraws every dataset of the policy that holds what changed, or may, and no other", async () => {
      const [tenant, other] = [tenantOf("datasets"), tenantOf("datasets")];
      const [secret, clean] = (await stored(tenant, ["ticket", "clean"])).map(({ id }) => id);
      if (secret === undefined || clean === undefined) throw new Error("two were made");
      await dataset(tenant, "holds", [clean, secret]);
      await dataset(tenant, "clean", [clean]);
      await dataset(tenant, "another policy's", [secret], { policy: "team/writer" });
      await dataset(tenant, "erased", [secret]);
      await own.store.datasets.withdraw(tenant, "erased", NOW + 2);
      await dataset(tenant, "cut off", [clean]);
      for (const theirs of ["holds", "cut off"]) await dataset(other, theirs, [secret]);
      const marks = async (of = tenant) => {
        const rows = await own.tested.rows("SELECT sha256, erased_at FROM dataset WHERE tenant = $1", of);
        return Object.fromEntries(rows.map((row) => [row.sha256, row.erased_at]));
      };
      const before = { holds: null, clean: null, "another policy's": null, erased: NOW + 2, "cut off": null };
      expect(await rewrite(tenant, () => undefined)).toBe(0);
      expect(await marks()).toEqual(before);
      expect(await rewrite(tenant, (one) => (said(one) === "ticket" ? one : undefined))).toBe(1);
      expect(await marks()).toEqual({ ...before, holds: NOW + 5, "cut off": NOW + 5 });
      expect(await marks(other)).toEqual({ holds: null, "cut off": null });
    });
  });
}
