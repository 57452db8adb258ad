import { mkdtempSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DataPolicy, dataPolicy } from "../../api/learning/policies.ts";
import { ArtifactError, type ArtifactStore, folderStore, sha256Of } from "../../artifacts/index.ts";
import type { Clock } from "../../kube/clock.ts";
import { systemClock } from "../../runtime/clock.ts";
import { ManualClock } from "../../testing/clock.ts";
import type { InteractionKey, Tenant } from "../model.ts";
import { createPrivacyFilter } from "../privacy/index.ts";
import type { PrivacyFilter } from "../privacy/port.ts";
import { temporarySqlite } from "../queue/testing/sqlite.ts";
import type { Store } from "../store/index.ts";
import { feedback, idAt, interaction, keyOf, score, tenantOf } from "../store/testing/sample.ts";
import { redactTask } from "./redact-again.ts";

const policyOf = (pattern: string): DataPolicy =>
  dataPolicy.parse({
    namespace: "team",
    name: "coder",
    servedModel: "coder",
    privacy: { custom: [{ name: "ticket", pattern }] },
  });

describe("a pattern that is added later", () => {
  const clock = systemClock;
  let store: Store;
  let folder: string;
  let artifacts: ArtifactStore;
  let remove: () => Promise<void>;
  let filter: PrivacyFilter;
  beforeAll(async () => {
    ({ store, remove } = await temporarySqlite());
    folder = await mkdtemp(join(tmpdir(), "qi-redact-"));
    artifacts = folderStore(folder);
    filter = createPrivacyFilter({ secret: Buffer.alloc(32, 7), threads: 1 });
  });
  afterAll(async () => {
    await filter.close();
    await store.close();
    await remove();
    await rm(folder, { recursive: true });
  });

  const workspace = () => mkdtempSync(join(folder, "work-"));
  const stored = async (tenant: Tenant, input: string, comment: string, placeholders = {}) => {
    const now = clock.now();
    const item = interaction({ tenant, id: idAt(now), facts: { at: now, redactions: {} }, content: { input } });
    await store.interactions.accept([item], now);
    const said = feedback(keyOf(item), { type: "comment", text: comment }, { id: idAt(now), placeholders });
    await store.interactions.acceptFeedback([said], now);
    return keyOf(item);
  };
  const decided = async ({ tenant, id }: InteractionKey, note: string) => {
    const now = clock.now();
    await store.assessments.put([score({ tenant, id }, { review: "Audit" })], now);
    const lease = await store.reviews.lease(tenant, "ann", 1000, now, { id });
    const decision = { verdict: "include", overall: 1, reviewer: "ann", note } as const;
    await store.reviews.decide({ tenant, id }, lease?.token ?? "", decision, 0.7, now);
  };
  /** A dataset with one file beside its record. */
  const dataset = async (tenant: Tenant, ids: readonly string[], policy = "team/coder") => {
    const sha256 = sha256Of(`${tenant} ${policy} ${ids}`);
    const { uri } = await artifacts.create(`datasets/${sha256}/manifest.json`, Buffer.from("{}"));
    const record = { sha256, tenant, policy, uri, manifest: {}, createdAt: clock.now() };
    const members = async function* () {
      yield ids.map((id) => ({ id, split: "train" as const }));
    };
    await store.datasets.add(record, members());
    return sha256;
  };
  const filesOf = async (sha256: string) => {
    const uris: string[] = [];
    for await (const { uri } of artifacts.list(`datasets/${sha256}/`)) uris.push(uri);
    return uris.length;
  };
  const withdrawn = async (tenant: Tenant, sha256: string) =>
    (await store.datasets.get(tenant, sha256))?.erasedAt !== undefined;

  interface Around {
    readonly revision?: number;
    readonly by?: PrivacyFilter;
    readonly from?: ArtifactStore;
    readonly at?: Clock;
    readonly attempts?: number;
    readonly settleMs?: number;
  }
  /** Without a pattern the policy is gone. */
  const redact = (tenant: Tenant, pattern: string | undefined, around: Around = {}) => {
    const { revision = 2, by = filter, from = artifacts, at = clock, attempts = 1, settleMs = 0 } = around;
    const policy = pattern === undefined ? undefined : policyOf(pattern);
    const policies = {
      named: () => policy,
      current: () => ({ revision, policies: policy === undefined ? [] : [policy] }),
      refresh: async () => {},
    };
    const run = redactTask({ store, artifacts: from, filter: by, policies, workspace, clock: at, settleMs });
    const input = { policy: "team/coder", revision: 2, notBefore: 0 };
    const task = { id: "t", tenant, kind: "redact", input, state: "running", attempts, progress: 0 } as const;
    return run(
      { ...task, result: undefined, error: undefined, createdAt: 0 },
      { heartbeat: () => {}, signal: new AbortController().signal },
    );
  };
  const found = async (key: ReturnType<typeof keyOf>) => {
    const [loaded] = await store.interactions.load([key]);
    const [said] = loaded?.feedback ?? [];
    return {
      input: loaded?.interaction.content.input,
      comment: said?.feedback.type === "comment" ? said.feedback.text : undefined,
      redactions: loaded?.interaction.facts.redactions,
    };
  };

  it("is applied to what is stored, feedback included, and once more changes nothing", async () => {
    const tenant = tenantOf("added");
    const key = await stored(tenant, "See OPS-3 and OPS-4.", "OPS-4 is done");
    const other = await stored(tenant, "Nothing to see.", "fine");
    expect(await redact(tenant, "OPS-[0-9]+")).toEqual({ changed: 1, datasets: [] });
    expect(await found(key)).toEqual({
      input: "See <TICKET_1> and <TICKET_2>.",
      comment: "<TICKET_2> is done",
      redactions: { TICKET: 2 },
    });
    expect(await found(other)).toMatchObject({ input: "Nothing to see.", comment: "fine" });
    expect(await redact(tenant, "OPS-[0-9]+")).toEqual({ changed: 0, datasets: [] });
  });

  it("is applied to what a reviewer noted, be it all there is, with the numbers that stand already", async () => {
    const tenant = tenantOf("noted");
    const [both, alone, none] = [
      await stored(tenant, "See OPS-3.", "fine"),
      await stored(tenant, "Nothing to see.", "fine"),
      await stored(tenant, "Nothing here.", "fine"),
    ];
    await decided(both, "OPS-4 as well as OPS-3");
    await decided(alone, "it is OPS-3");
    await decided(none, "well done");
    expect(await redact(tenant, "OPS-[0-9]+")).toEqual({ changed: 2, datasets: [] });
    const notes = await Promise.all([both, alone, none].map(async (key) => (await store.reviews.decision(key))?.note));
    expect(notes).toEqual(["<TICKET_2> as well as <TICKET_1>", "it is <TICKET_1>", "well done"]);
    const said = { type: "comment", text: "OPS-4" } as const;
    const later = feedback(both, said, { id: idAt(clock.now()), placeholders: {} });
    await store.interactions.acceptFeedback([later], clock.now());
    expect(await redact(tenant, "OPS-[0-9]+")).toEqual({ changed: 1, datasets: [] });
    const [loaded] = await store.interactions.load([both]);
    expect(loaded?.feedback.at(-1)?.feedback).toMatchObject({ text: "<TICKET_2>" });
  });

  it("takes the files of the policy's datasets that held what it found, and of no other", async () => {
    const tenant = tenantOf("datasets");
    const [secret, clean] = [await stored(tenant, "OPS-1", "a"), await stored(tenant, "fine", "b")];
    const held = await dataset(tenant, [secret.id, clean.id]);
    const untouched = await dataset(tenant, [clean.id]);
    const other = await dataset(tenant, [secret.id], "team/writer");
    expect(await redact(tenant, "OPS-[0-9]+")).toEqual({ changed: 1, datasets: [held] });
    expect([await withdrawn(tenant, held), await filesOf(held)]).toEqual([true, 0]);
    expect([await withdrawn(tenant, untouched), await filesOf(untouched)]).toEqual([false, 1]);
    expect([await withdrawn(tenant, other), await filesOf(other)]).toEqual([false, 1]);
  });

  it.each([
    ["once more", "OPS-[0-9]+", {}],
    ["when the policy is gone", undefined, { because: "the policy is gone" }],
  ])("takes them also where a run died after it had marked them: %s", async (_, pattern, because) => {
    const tenant = tenantOf("died");
    const held = await dataset(tenant, [(await stored(tenant, "OPS-1", "a")).id]);
    const dying: ArtifactStore = {
      ...artifacts,
      remove: async () => {
        throw new Error("the process died");
      },
    };
    await expect(redact(tenant, "OPS-[0-9]+", { from: dying })).rejects.toThrow("the process died");
    expect([await withdrawn(tenant, held), await filesOf(held)]).toEqual([true, 1]);
    expect(await redact(tenant, pattern)).toEqual({ changed: 0, datasets: [held], ...because });
    expect(await filesOf(held)).toBe(0);
  });

  it("waits for an object store that is away", async () => {
    const tenant = tenantOf("away");
    const held = await dataset(tenant, [(await stored(tenant, "OPS-1", "a")).id]);
    const at = new ManualClock();
    let away = 3;
    const shaky: ArtifactStore = {
      ...artifacts,
      remove: async (uri) => {
        if (away-- > 0) throw new ArtifactError("Unavailable", uri, "away");
        await artifacts.remove(uri);
      },
    };
    const redacting = redact(tenant, "OPS-[0-9]+", { from: shaky, at });
    while (away >= 0) {
      await new Promise((resolve) => setImmediate(resolve));
      await at.advance(1000);
    }
    expect(await redacting).toEqual({ changed: 1, datasets: [held] });
    expect(await filesOf(held)).toBe(0);
  });

  it("gives no number that stands for something else already, be it in feedback alone", async () => {
    const tenant = tenantOf("numbers");
    const key = await stored(tenant, "See OPS-3.", "<TICKET_1> is done", { ["ab".repeat(32)]: "TICKET_1" });
    await redact(tenant, "(OPS|DEV)-[0-9]+");
    expect(await found(key)).toMatchObject({ input: "See <TICKET_2>.", comment: "<TICKET_1> is done" });
  });

  it("is applied to all the rest where one cannot be looked through, and the task says so", async () => {
    const tenant = tenantOf("one");
    const [stuck, after] = [await stored(tenant, "OPS-1", "a"), await stored(tenant, "OPS-2", "b")];
    const held = await dataset(tenant, [after.id]);
    const by: PrivacyFilter = {
      ...filter,
      filter: async (requests) =>
        requests.some((request) => request.body.id === stuck.id)
          ? requests.map(() => ({ ok: false, reason: "TooSlow", message: "" }) as const)
          : filter.filter(requests),
    };
    await expect(redact(tenant, "OPS-[0-9]+", { by })).rejects.toMatchObject({
      code: "NotRedactable",
      retryable: true,
      message: "1 stored interactions could not be redacted anew, 0 datasets could not be looked through",
    });
    expect(await found(after)).toMatchObject({ input: "<TICKET_1>" });
    expect(await filesOf(held)).toBe(0);
    await expect(redact(tenant, "OPS-[0-9]+", { by, attempts: 5 })).rejects.toMatchObject({ retryable: false });
    expect(await redact(tenant, "OPS-[0-9]+")).toEqual({ changed: 1, datasets: [held] });
    expect(await found(stuck)).toMatchObject({ input: "<TICKET_1>" });
  });

  it("waits, once the set is in force, until every process works by it", async () => {
    const tenant = tenantOf("settling");
    const key = await stored(tenant, "OPS-1", "a");
    const at = new ManualClock();
    const redacting = redact(tenant, "OPS-[0-9]+", { at, settleMs: 10_000 });
    await at.advance(9_999);
    expect(await found(key)).toMatchObject({ input: "OPS-1" });
    await at.advance(1);
    expect(await redacting).toMatchObject({ changed: 1 });
  });

  it("waits for the set of policies that has it", async () => {
    await expect(redact(tenantOf("early"), "OPS-[0-9]+", { revision: 1 })).rejects.toMatchObject({
      code: "NotInForce",
      retryable: true,
    });
  });
});
