import { describe, expect, test } from "vitest";
import type { Task } from "../../port.ts";
import { NOW, tenantOf } from "../sample.ts";
import { type MakeStore, ownStore } from "../suite.ts";

const MINUTE = 60_000;

export function runningTasks(make: MakeStore): void {
  describe("tasks", () => {
    const own = ownStore(make);
    const created = (tenant: string, kind = tenant, id = `${tenant}-task`, now = NOW) =>
      own.store.tasks.create({ id, tenant, kind, input: { policy: "team/coder", text: "\u0000" } }, now);

    test("a task is created once; the same id again answers what is there", async () => {
      const tenant = tenantOf("create");
      const task = await created(tenant);
      expect(task).toEqual({
        id: `${tenant}-task`,
        tenant,
        kind: tenant,
        input: { policy: "team/coder", text: "\u0000" },
        state: "waiting",
        attempts: 0,
        progress: 0,
        result: undefined,
        error: undefined,
        createdAt: NOW,
      } satisfies Task);
      expect(await created(tenant, "another kind", task.id, NOW + 9)).toEqual(task);
      expect(await own.store.tasks.get(tenant, task.id)).toEqual(task);
      expect(await own.store.tasks.get("another", task.id)).toBeUndefined();
      await expect(created("another", tenant, task.id)).rejects.toThrow("another tenant");
    });

    test("the oldest of the kinds asked for is claimed, by one", async () => {
      const tenant = tenantOf("claim");
      for (const n of [2, 0, 1]) await created(tenant, tenant, `${tenant}-${n}`, NOW + n);
      const claims = await Promise.all(
        Array.from({ length: 6 }, (_, n) => own.store.tasks.claim([tenant, "other"], `w${n}`, MINUTE, NOW)),
      );
      const ids = claims.filter((task) => task !== undefined).map(({ id }) => id);
      expect(ids.toSorted()).toEqual([`${tenant}-0`, `${tenant}-1`, `${tenant}-2`]);
      expect(await own.store.tasks.claim(["nothing"], "w", MINUTE, NOW)).toBeUndefined();
      expect(await own.store.tasks.claim([], "w", MINUTE, NOW)).toBeUndefined();
    });

    test("a heartbeat keeps it, and after a silence another claims it", async () => {
      const tenant = tenantOf("heartbeat");
      const { id } = await created(tenant);
      await own.store.tasks.claim([tenant], "a", MINUTE, NOW);
      expect(await own.store.tasks.heartbeat(id, "a", MINUTE, 0.25, NOW + MINUTE - 1)).toBe(true);
      expect(await own.store.tasks.claim([tenant], "b", MINUTE, NOW + MINUTE)).toBeUndefined();
      expect(await own.store.tasks.claim([tenant], "b", MINUTE, NOW + 2 * MINUTE)).toMatchObject({
        id,
        state: "running",
        attempts: 2,
        progress: 0.25,
      });
      expect(await own.store.tasks.heartbeat(id, "a", MINUTE, 0.5, NOW + 2 * MINUTE)).toBe(false);
      expect(await own.store.tasks.succeed(id, "a", {}, NOW + 2 * MINUTE)).toBe(false);
      expect(await own.store.tasks.fail(id, "a", "late", true, NOW + 2 * MINUTE)).toBe(false);
    });

    test("a lease that ended is lost also when nobody else took it", async () => {
      const tenant = tenantOf("silent");
      const { id } = await created(tenant);
      await own.store.tasks.claim([tenant], "a", MINUTE, NOW);
      expect(await own.store.tasks.heartbeat(id, "a", MINUTE, 0.5, NOW + MINUTE)).toBe(false);
    });

    test("what succeeded says so for good, also to one who tells it twice", async () => {
      const tenant = tenantOf("succeed");
      const { id } = await created(tenant);
      await own.store.tasks.claim([tenant], "a", MINUTE, NOW);
      expect(await own.store.tasks.succeed(id, "a", { sha256: "ab" }, NOW + 1)).toBe(true);
      expect(await own.store.tasks.succeed(id, "a", { sha256: "ab" }, NOW + 2)).toBe(true);
      expect(await own.store.tasks.get(tenant, id)).toMatchObject({
        state: "succeeded",
        progress: 1,
        result: { sha256: "ab" },
      });
      expect(await own.store.tasks.claim([tenant], "b", MINUTE, NOW + 9 * MINUTE)).toBeUndefined();
    });

    test("what failed waits again or is failed, as told, with its reason", async () => {
      const tenant = tenantOf("fail");
      const { id } = await created(tenant);
      await own.store.tasks.claim([tenant], "a", MINUTE, NOW);
      expect(await own.store.tasks.fail(id, "a", "no room\u0000", true, NOW + 1)).toBe(true);
      expect(await own.store.tasks.get(tenant, id)).toMatchObject({ state: "waiting", error: "no room", attempts: 1 });
      expect(await own.store.tasks.claim([tenant], "b", MINUTE, NOW + 2)).toMatchObject({ attempts: 2 });
      expect(await own.store.tasks.fail(id, "b", "too small", false, NOW + 3)).toBe(true);
      expect(await own.store.tasks.get(tenant, id)).toMatchObject({ state: "failed", error: "too small" });
      expect(await own.store.tasks.claim([tenant], "c", MINUTE, NOW + 9 * MINUTE)).toBeUndefined();
    });

    test("what is postponed waits for its time, lets others go first, and was not begun", async () => {
      const tenant = tenantOf("postpone");
      const { id } = await created(tenant);
      await created(tenant, tenant, `${tenant}-next`, NOW + 1);
      await own.store.tasks.claim([tenant], "a", MINUTE, NOW);
      expect(await own.store.tasks.postpone(id, "b", "not mine", NOW + 9)).toBe(false);
      expect(await own.store.tasks.postpone(id, "a", "not yet\u0000", NOW + MINUTE)).toBe(true);
      expect(await own.store.tasks.get(tenant, id)).toMatchObject({ state: "waiting", error: "not yet", attempts: 0 });
      expect(await own.store.tasks.heartbeat(id, "a", MINUTE, 0.5, NOW + 1)).toBe(false);
      expect(await own.store.tasks.claim([tenant], "b", 9 * MINUTE, NOW + 2)).toMatchObject({ id: `${tenant}-next` });
      expect(await own.store.tasks.claim([tenant], "b", MINUTE, NOW + MINUTE - 1)).toBeUndefined();
      expect(await own.store.tasks.claim([tenant], "b", MINUTE, NOW + MINUTE)).toMatchObject({ id, attempts: 1 });
    });

    test("what is postponed afresh has not been begun before", async () => {
      const tenant = tenantOf("afresh");
      const { id } = await created(tenant);
      for (const owner of ["a", "b"]) await own.store.tasks.claim([tenant], owner, 0, NOW);
      expect(await own.store.tasks.postpone(id, "b", "later", NOW + MINUTE, { afresh: true })).toBe(true);
      expect(await own.store.tasks.get(tenant, id)).toMatchObject({ state: "waiting", attempts: 0 });
    });

    test("those of a kind that have not ended are open, oldest first", async () => {
      const tenant = tenantOf("open");
      for (const n of [3, 0, 2, 1]) await created(tenant, tenant, `${tenant}-${n}`, NOW + n);
      await created(tenant, "another kind", `${tenant}-other`);
      await created(tenantOf("elsewhere"), tenant, `${tenant}-theirs`, NOW + 9);
      for (const owner of ["a", "b", "c"]) await own.store.tasks.claim([tenant], owner, MINUTE, NOW);
      await own.store.tasks.succeed(`${tenant}-0`, "a", {}, NOW);
      await own.store.tasks.fail(`${tenant}-1`, "b", "no", false, NOW);
      const open = await own.store.tasks.open(tenant, tenant);
      expect(open.map(({ id, state }) => [id, state])).toEqual([
        [`${tenant}-2`, "running"],
        [`${tenant}-3`, "waiting"],
      ]);
    });

    test("listed newest first, in pages, by kind", async () => {
      const tenant = tenantOf("list");
      for (let n = 0; n < 5; n++) await created(tenant, "dataset", `${tenant}-${n}`, NOW + Math.floor(n / 2));
      await created(tenant, "redaction", `${tenant}-other`);
      const first = await own.store.tasks.list(tenant, "dataset", 3);
      const second = await own.store.tasks.list(tenant, "dataset", 3, first.next);
      const ids = [...first.items, ...second.items].map(({ id }) => id);
      expect(ids).toEqual([4, 3, 2, 1, 0].map((n) => `${tenant}-${n}`));
      expect(second.next).toBeUndefined();
    });
  });
}
