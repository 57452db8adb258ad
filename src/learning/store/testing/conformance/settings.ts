import { describe, expect, test } from "vitest";
import type { ApiKey, ThresholdChange } from "../../port.ts";
import { NOW, POLICY, policies, tenantOf } from "../sample.ts";
import { type MakeStore, ownStore } from "../suite.ts";

export function settings(make: MakeStore): void {
  describe("keys, policies and thresholds", () => {
    const own = ownStore(make);
    const apiKey = (tenant: string, id: string, rest: Partial<ApiKey> = {}): ApiKey => ({
      id,
      tenant,
      name: "Ann's laptop",
      roles: ["agent", "reviewer"],
      hash: "abc123",
      createdAt: NOW,
      revokedAt: undefined,
      ...rest,
    });

    test("an API key is found by its id, listed by tenant, revoked once", async () => {
      const tenant = tenantOf("keys");
      const [one, two] = [
        apiKey(tenant, `${tenant}-1`),
        apiKey(tenant, `${tenant}-2`, { createdAt: NOW + 1, roles: [] }),
      ];
      await own.store.keys.add(two);
      await own.store.keys.add(one);
      await own.store.keys.add(one);
      expect(await own.store.keys.find(one.id)).toEqual(one);
      expect(await own.store.keys.find("nobody")).toBeUndefined();
      expect(await own.store.keys.list(tenant)).toEqual([one, two]);
      expect(await own.store.keys.revoke("another", one.id, NOW)).toBe(false);
      expect(await own.store.keys.revoke(tenant, one.id, NOW + 5)).toBe(true);
      expect(await own.store.keys.revoke(tenant, one.id, NOW + 9)).toBe(true);
      expect(await own.store.keys.find(one.id)).toEqual({ ...one, revokedAt: NOW + 5 });
    });

    test("an id that is taken by another key is refused", async () => {
      const tenant = tenantOf("taken");
      await own.store.keys.add(apiKey(tenant, tenant));
      await expect(own.store.keys.add(apiKey(tenant, tenant, { hash: "other" }))).rejects.toThrow("another API key");
      await expect(own.store.keys.add(apiKey("thief", tenant))).rejects.toThrow("another API key");
    });

    test("a set of policies replaces an older one, and no newer one", async () => {
      expect(await own.store.policies.current()).toBeUndefined();
      const [first, second] = [policies(4), policies(5, { coder: 30, writer: 10 })];
      expect(await own.store.policies.replace(first)).toBe("replaced");
      expect(await own.store.policies.current()).toEqual(first);
      expect(await own.store.policies.replace(first)).toBe("unchanged");
      expect(await own.store.policies.replace(policies(4, { coder: 7 }))).toBe("conflict");
      expect(await own.store.policies.replace(second)).toBe("replaced");
      expect(await own.store.policies.replace(first)).toBe("stale");
      expect(await own.store.policies.current()).toEqual(second);
    });

    test("of many sets at once the newest is in force", async () => {
      const sets = Array.from({ length: 10 }, (_, n) => policies(100 + n));
      await Promise.all(sets.map((set) => own.store.policies.replace(set)));
      expect((await own.store.policies.current())?.revision).toBe(109);
    });

    const change = (tenant: string, from: number, to: number, at: number): ThresholdChange => ({
      tenant,
      policy: POLICY,
      from,
      to,
      at,
      reason: `accepted too few\u0000 at ${from}`,
    });
    const kept = (one: ThresholdChange) => ({ ...one, reason: one.reason.replace("\u0000", "") });

    test("a threshold moves only from where it was seen", async () => {
      const tenant = tenantOf("threshold");
      const [first, second] = [change(tenant, 0.7, 0.68, NOW), change(tenant, 0.68, 0.66, NOW + 1)];
      expect(await own.store.thresholds.current(tenant, POLICY)).toBeUndefined();
      expect(await own.store.thresholds.change(first, NOW - 5)).toBe(false);
      expect(await own.store.thresholds.change(first, undefined)).toBe(true);
      expect(await own.store.thresholds.change(first, undefined)).toBe(true);
      expect(await own.store.thresholds.change(second, undefined)).toBe(false);
      expect(await own.store.thresholds.change(second, NOW)).toBe(true);
      expect(await own.store.thresholds.current(tenant, POLICY)).toEqual(kept(second));
      expect(await own.store.thresholds.history(tenant, POLICY, 10)).toEqual([kept(second), kept(first)]);
      expect(await own.store.thresholds.history(tenant, POLICY, 1)).toEqual([kept(second)]);
      expect(await own.store.thresholds.history(tenant, "team/writer", 10)).toEqual([]);
    });

    test("of many that move it at once one does", async () => {
      const tenant = tenantOf("moved");
      const tries = Array.from({ length: 10 }, (_, n) =>
        own.store.thresholds.change(change(tenant, 0.7, 0.6 + n / 100, NOW + n), undefined),
      );
      expect((await Promise.all(tries)).filter((moved) => moved)).toHaveLength(1);
      expect(await own.store.thresholds.history(tenant, POLICY, 10)).toHaveLength(1);
    });

    test("it answers that it can be asked", async () => {
      await expect(own.store.ping()).resolves.toBeUndefined();
    });
  });
}
