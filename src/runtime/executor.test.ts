import { describe, expect, it } from "vitest";
import type { KubeApi } from "../kube/api.ts";
import { controlledBy, type KubeObject, refTo } from "../kube/object.ts";
import { ConfigMaps } from "../kube/resources.ts";
import { cacheOf } from "../testing/cache.ts";
import { Samples, sample } from "../testing/sample.ts";
import { World } from "../testing/world.ts";
import { Executor } from "./executor.ts";
import type { Plan } from "./plan.ts";

const empty: Plan<unknown> = { create: [], apply: [], remove: [], events: [], why: [] };
const call = { signal: new AbortController().signal };
const user = { fieldManager: "kubectl" };
const key = { namespace: "team-a", name: "one" };

async function stage(isLeader: (writes: number) => boolean = () => true) {
  const world = new World();
  const hand = world.connect();
  const primary = await hand.create(sample(), user);
  const api = world.connect();
  const told: string[] = [];
  const executorSeeing = (seen: readonly KubeObject[]) =>
    new Executor({
      api,
      cache: cacheOf(seen, [{ resource: ConfigMaps }]),
      fieldManager: "qi-learning-sample",
      isLeader: () => isLeader(api.writes.length),
      events: { record: (_, event) => told.push(event.reason) },
    });
  return { world, hand, primary, api, told, executorSeeing };
}

const configMap = (name: string, owner?: KubeObject, data = {}): KubeObject =>
  ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "team-a", ...(owner === undefined ? {} : { ownerReferences: [controlledBy(owner)] }) },
    data,
  }) as KubeObject;

describe("the executor", () => {
  it("stops at a record: nothing is acted on before the decision is durable", async () => {
    const { primary, api, executorSeeing } = await stage();
    const plan = {
      ...empty,
      record: { attempt: 1 },
      create: [configMap("child", primary)],
      status: { attempt: 1, phase: "x" },
    };
    const { outcome } = await executorSeeing([primary]).execute(primary, plan, call);
    expect([outcome, api.writes]).toEqual(["recorded", ["apply Sample team-a/one status"]]);
  });

  it("refuses to record what is recorded: that would go on for ever", async () => {
    const { hand, primary, executorSeeing } = await stage();
    const executor = executorSeeing([primary]);
    await executor.execute(primary, { ...empty, record: { attempt: 1 } }, call);
    const recorded = (await hand.get(Samples, key)) ?? primary;
    await expect(executor.execute(recorded, { ...empty, record: { attempt: 1 } }, call)).rejects.toThrow(
      "recorded already",
    );
  });

  it("writes nothing more once it no longer leads, between any two writes", async () => {
    for (let allowed = 0; allowed < 4; allowed += 1) {
      const { world, primary, api, told, executorSeeing } = await stage((writes) => writes < allowed);
      const plan: Plan<unknown> = {
        ...empty,
        finalizers: ["learning.qi.dev/x"],
        create: [configMap("a", primary)],
        apply: [configMap("b", primary)],
        status: { phase: "x" },
        events: [{ type: "Normal", reason: "Done", message: "" }],
      };
      await expect(executorSeeing([primary]).execute(primary, plan, call)).rejects.toThrow("not the leader any more");
      expect(api.writes.length).toBe(allowed);
      expect(world.objects("ConfigMap").length).toBe(Math.max(0, allowed - 1));
      expect(told).toEqual([]);
    }
  });

  it("does not land a deposed leader's late writes over its successor's", async () => {
    const { world, hand, primary, executorSeeing } = await stage();
    const child = await hand.create(configMap("child", primary, { by: "first" }), user);
    // The old leader has read both, and is paused; the new one writes both.
    const late = executorSeeing([primary, child]);
    await hand.apply({ ...sample(), status: { phase: "ByNewLeader" } } as KubeObject, {
      fieldManager: "qi-learning-sample",
      subresource: "status",
    });
    await hand.patch(ConfigMaps, { namespace: "team-a", name: "child" }, { data: { by: "new leader" } }, user);
    const outcomes = [
      await late.execute(primary, { ...empty, status: { phase: "Late" } }, call),
      await late.execute(primary, { ...empty, finalizers: ["learning.qi.dev/late"] }, call),
      await late.execute(primary, { ...empty, apply: [configMap("child", primary, { by: "late" })] }, call),
    ];
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["outdated", "outdated", "outdated"]);
    expect(world.objects("ConfigMap")[0]).toMatchObject({ data: { by: "new leader" } });
    expect(world.objects("Sample")[0]).toMatchObject({ status: { phase: "ByNewLeader" } });
    expect(world.objects("Sample")[0]?.metadata.finalizers).toBeUndefined();
  });

  it("removes exactly the object meant, not another of its name", async () => {
    const { world, hand, primary, executorSeeing } = await stage();
    const old = await hand.create(configMap("child"), user);
    await hand.remove(refTo(old));
    await hand.create(configMap("child"), user);
    const { outcome } = await executorSeeing([primary]).execute(primary, { ...empty, remove: [refTo(old)] }, call);
    expect([outcome, world.objects("ConfigMap").length]).toEqual(["done", 1]);
  });

  it("leaves alone an object of the same name that another controls, and names both", async () => {
    const { hand, primary, executorSeeing, world } = await stage();
    const other = await hand.create({ ...sample(), metadata: { name: "other", namespace: "team-a" } }, user);
    await hand.create(configMap("child", other, { by: "other" }), user);
    for (const plan of [
      { ...empty, create: [configMap("child", primary)] },
      { ...empty, apply: [configMap("child", primary)] },
    ])
      await expect(executorSeeing([primary]).execute(primary, plan, call)).rejects.toThrow(
        /ConfigMap team-a\/child exists and is controlled by Sample other \(uid-2\), where control by Sample one \(uid-1\)/,
      );
    expect(world.objects("ConfigMap")[0]).toMatchObject({ data: { by: "other" } });
  });

  it("takes an ownerless object for its own only by identity", async () => {
    const { hand, primary, executorSeeing } = await stage();
    const planned = (value: string): KubeObject => ({
      ...configMap("child"),
      metadata: { ...configMap("child").metadata, labels: { "learning.qi.dev/run": value } },
    });
    await hand.create(planned("first"), user);
    const create = (value: string) =>
      executorSeeing([primary]).execute(primary, { ...empty, create: [planned(value)] }, call);
    await expect(create("first")).resolves.toMatchObject({ outcome: "done" });
    await expect(create("second")).rejects.toThrow("learning.qi.dev/run=first");
    const bare = executorSeeing([primary]).execute(primary, { ...empty, create: [configMap("bare")] }, call);
    await expect(bare).rejects.toThrow("neither an owner nor a label");
  });

  it("keeps others' finalizers, and refuses a plan with a foreign one", async () => {
    const { hand, executorSeeing, world } = await stage();
    const primary = await hand.patch(Samples, key, { metadata: { finalizers: ["other.dev/keep"] } }, user);
    await executorSeeing([primary]).execute(primary, { ...empty, finalizers: ["learning.qi.dev/a"] }, call);
    expect(world.objects("Sample")[0]?.metadata.finalizers).toEqual(["other.dev/keep", "learning.qi.dev/a"]);
    await expect(
      executorSeeing([primary]).execute(primary, { ...empty, finalizers: ["other.dev/mine"] }, call),
    ).rejects.toThrow("not under");
  });

  it("writes a status once, also when another controller keeps fields beside it", async () => {
    const { hand, primary, api, executorSeeing } = await stage();
    const executor = executorSeeing([primary]);
    await executor.execute(primary, { ...empty, status: { phase: "x" } }, call);
    await hand.apply({ ...sample(), status: { attempt: 7 } } as KubeObject, {
      fieldManager: "another",
      subresource: "status",
    });
    const both = (await hand.get(Samples, key)) ?? primary;
    await executor.execute(both, { ...empty, status: { phase: "x" } }, call);
    expect(api.writes).toHaveLength(1);
    await executor.execute(both, { ...empty, status: {} }, call);
    expect((await hand.get(Samples, key))?.status).toEqual({ attempt: 7 });
  });

  it("carries out deletion to the end when the last finalizer goes", async () => {
    const { hand, primary, executorSeeing, world } = await stage();
    const held = await hand.patch(Samples, key, { metadata: { finalizers: ["learning.qi.dev/a"] } }, user);
    await hand.remove(refTo(primary));
    const dying = (await hand.get(Samples, key)) ?? held;
    const { outcome } = await executorSeeing([dying]).execute(
      dying,
      { ...empty, finalizers: [], status: { phase: "gone" } },
      call,
    );
    expect([outcome, world.objects("Sample")]).toEqual(["done", []]);
  });

  it("passes server errors on, to be tried again", async () => {
    const { primary } = await stage();
    const api = { apply: () => Promise.reject(new Error("503")) } as unknown as KubeApi;
    const executor = new Executor({
      api,
      cache: cacheOf([primary]),
      fieldManager: "f",
      isLeader: () => true,
      events: { record: () => {} },
    });
    await expect(executor.execute(primary, { ...empty, status: { phase: "x" } }, call)).rejects.toThrow("503");
  });

  it("adjusts single fields once, and takes an item out of a list that others are in too", async () => {
    const { hand, primary, api, executorSeeing } = await stage();
    const other = { apiVersion: "v1", kind: "Sample", name: "other", uid: "of-another" };
    const owned = configMap("child", primary);
    const ownerReferences = [other, ...(owned.metadata.ownerReferences ?? [])];
    const child = await hand.create({ ...owned, metadata: { ...owned.metadata, ownerReferences } }, user);
    const adjust = [{ ref: refTo(child), change: { metadata: { ownerReferences: [other] } } }];
    await executorSeeing([primary, child]).execute(primary, { ...empty, adjust }, call);
    const adjusted = await hand.get(ConfigMaps, { namespace: "team-a", name: "child" });
    expect(adjusted?.metadata.ownerReferences).toEqual([other]);
    await executorSeeing([primary, adjusted ?? child]).execute(primary, { ...empty, adjust }, call);
    expect(api.writes).toHaveLength(1);
  });
});
