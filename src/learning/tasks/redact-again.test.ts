import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DataPolicy, dataPolicy } from "../../api/learning/policies.ts";
import { systemClock as clock } from "../../runtime/clock.ts";
import type { Tenant } from "../model.ts";
import { createPrivacyFilter } from "../privacy/index.ts";
import type { PrivacyFilter } from "../privacy/port.ts";
import { temporarySqlite } from "../queue/testing/sqlite.ts";
import type { Store } from "../store/index.ts";
import { feedback, idAt, interaction, keyOf, tenantOf } from "../store/testing/sample.ts";
import { redactTask } from "./redact-again.ts";

const policyOf = (pattern: string): DataPolicy =>
  dataPolicy.parse({
    namespace: "team",
    name: "coder",
    servedModel: "coder",
    privacy: { custom: [{ name: "ticket", pattern }] },
  });

describe("a pattern that is added later", () => {
  let store: Store;
  let remove: () => Promise<void>;
  let filter: PrivacyFilter;
  beforeAll(async () => {
    ({ store, remove } = await temporarySqlite());
    filter = createPrivacyFilter({ secret: Buffer.alloc(32, 7), threads: 1 });
  });
  afterAll(async () => {
    await filter.close();
    await store.close();
    await remove();
  });

  const stored = async (tenant: Tenant, input: string, comment: string, placeholders = {}) => {
    const now = clock.now();
    const item = interaction({ tenant, id: idAt(now), facts: { at: now, redactions: {} }, content: { input } });
    await store.interactions.accept([item], now);
    const said = feedback(keyOf(item), { type: "comment", text: comment }, { id: idAt(now), placeholders });
    await store.interactions.acceptFeedback([said], now);
    return keyOf(item);
  };
  const redact = (tenant: Tenant, pattern: string, { revision = 2, by = filter } = {}) => {
    const policy = policyOf(pattern);
    const policies = {
      named: () => policy,
      current: () => ({ revision, policies: [policy] }),
      refresh: async () => {},
    };
    const run = redactTask({ interactions: store.interactions, filter: by, policies, clock });
    const input = { policy: "team/coder", revision: 2, notBefore: 0 };
    const task = { id: "t", tenant, kind: "redact", input, state: "running", attempts: 1, progress: 0 } as const;
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
    expect(await redact(tenant, "OPS-[0-9]+")).toEqual({ changed: 1 });
    expect(await found(key)).toEqual({
      input: "See <TICKET_1> and <TICKET_2>.",
      comment: "<TICKET_2> is done",
      redactions: { TICKET: 2 },
    });
    expect(await found(other)).toMatchObject({ input: "Nothing to see.", comment: "fine" });
    expect(await redact(tenant, "OPS-[0-9]+")).toEqual({ changed: 0 });
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
      message: "1 stored interactions could not be redacted anew",
    });
    expect(await found(after)).toMatchObject({ input: "<TICKET_1>" });
    expect(await redact(tenant, "OPS-[0-9]+")).toEqual({ changed: 1 });
    expect(await found(stuck)).toMatchObject({ input: "<TICKET_1>" });
  });

  it("waits for the set of policies that has it", async () => {
    await expect(redact(tenantOf("early"), "OPS-[0-9]+", { revision: 1 })).rejects.toMatchObject({
      code: "NotInForce",
      retryable: true,
    });
  });
});
