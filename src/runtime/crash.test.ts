import { describe, expect, it } from "vitest";
import { canonical } from "../kube/json.ts";
import { type KubeObject, refTo } from "../kube/object.ts";
import { ManualClock } from "../testing/clock.ts";
import { Process } from "../testing/process.ts";
import { normalise, Samples, sample, sampleDefinition, sampleSources } from "../testing/sample.ts";
import { World } from "../testing/world.ts";

const user = { fieldManager: "kubectl" };

/** A world in which a user has made a sample, and an old object waits to be removed. */
async function beginning() {
  const clock = new ManualClock();
  const world = new World({ clock, normalise });
  const hand = world.connect();
  await hand.create(
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "old", namespace: "team-a", labels: { leftover: "yes" } },
    },
    user,
  );
  await hand.create(sample(), user);
  const run = async (crash?: { at: "before" | "after"; write: number }) => {
    const api = world.connect(crash);
    const process = new Process(sampleDefinition, api, clock, sampleSources);
    await clock.advance(20_000);
    await process.stop();
    return api;
  };
  return { clock, world, hand, run };
}

/** Everything but what differs from run to run by nature. */
function story(world: World): string[] {
  return world.objects().map((object) => {
    const {
      resourceVersion: _v,
      uid: _u,
      creationTimestamp: _c,
      managedFields: _m,
      ownerReferences,
      ...metadata
    } = object.metadata as KubeObject["metadata"] & { managedFields?: unknown };
    const owners = ownerReferences?.map((owner) => owner.name);
    const named = object.kind === "Event" ? { namespace: metadata.namespace } : metadata;
    const { firstTimestamp, lastTimestamp, involvedObject, ...rest } = object as KubeObject & Record<string, unknown>;
    return canonical({ ...rest, metadata: { ...named, owners } });
  });
}

describe("a plan, carried out by a process that dies", () => {
  it("comes to the same end wherever it died, with nothing done twice and nothing lost", async () => {
    const whole = await beginning();
    const { writes } = await whole.run();
    expect(writes).toEqual([
      "patch Sample team-a/one",
      "apply Sample team-a/one status",
      "create ConfigMap team-a/one-attempt-1",
      "create Result team-a/one-result",
      "create Deployment team-a/one",
      "remove ConfigMap team-a/old",
      "apply Sample team-a/one status",
      expect.stringMatching(/^create Event/),
    ]);
    const end = story(whole.world);
    for (let write = 1; write <= writes.length; write += 1)
      for (const at of ["before", "after"] as const) {
        const { world, run } = await beginning();
        const first = await run({ at, write });
        expect(first.crashed).toBe(true);
        const second = await run();
        // Events apart, and apart from a restarted process making sure of the one object that the server writes its
        // own way: that is no change.
        const all = [...first.writes, ...second.writes].filter(
          (one) => !/^create Event|^(patch|apply) Deployment/.test(one),
        );
        expect(all, `died ${at} write ${write}`).toEqual(writes.slice(0, -1));
        // An event is told at most once, and is all that a crash may cost.
        const withoutEvents = (lines: string[]) => lines.filter((line) => !line.includes('"Event"'));
        expect(withoutEvents(story(world)), `died ${at} write ${write}`).toEqual(withoutEvents(end));
      }
  });

  it("lets go in order when the object is deleted, wherever it died", async () => {
    for (let write = 1; write <= 2; write += 1)
      for (const at of ["before", "after"] as const) {
        const { world, hand, run } = await beginning();
        await run();
        const [one] = world.objects("Sample");
        if (one !== undefined) await hand.remove(refTo(one));
        const first = await run({ at, write });
        expect(first.crashed).toBe(true);
        await run();
        expect(world.objects().filter((object) => object.kind !== "Event")).toEqual([]);
      }
  });
});

describe("a plan that has been carried out", () => {
  it("is not written again, neither by the same process nor by the next, though the server writes quantities its own way", async () => {
    const { world, clock, run } = await beginning();
    const api = world.connect();
    const process = new Process(sampleDefinition, api, clock, sampleSources);
    await clock.advance(20_000);
    const { length } = api.writes;
    for (let n = 0; n < 20; n += 1) {
      process.controller.enqueue({ namespace: "team-a", name: "one" });
      await clock.advance(1000);
    }
    expect(api.writes.length).toBe(length);
    await process.stop();
    const versions = () => world.objects().map((object) => object.metadata.resourceVersion);
    const before = versions();
    const next = await run();
    // The next process asks the server once whether the quantity is right, which changes nothing.
    expect(next.writes.filter((one) => !one.includes("Deployment"))).toEqual([]);
    expect(next.writes.length).toBeLessThanOrEqual(2);
    const settled = versions();
    expect(settled.length).toBe(before.length);
    await run();
    expect(versions()).toEqual(settled);
  });

  it("leaves replicas to who scales them, and takes back a field that it no longer plans", async () => {
    const { world, hand, run } = await beginning();
    const key = { namespace: "team-a", name: "one" };
    await hand.patch(Samples, key, { spec: { env: "x" } }, user);
    await run();
    const deployment = () =>
      world.objects("Deployment")[0] as KubeObject & {
        spec: { replicas: number; template: { spec: { containers: { env?: unknown[]; image: string }[] } } };
      };
    expect(deployment().spec.template.spec.containers[0]?.env).toHaveLength(1);
    await hand.patch(
      { group: "apps", version: "v1", kind: "Deployment", plural: "deployments" },
      key,
      { spec: { replicas: 5 } },
      { fieldManager: "hpa" },
    );
    await hand.patch(Samples, key, { spec: { env: null, image: "model:2" } }, user);
    await run();
    expect(deployment().spec.replicas).toBe(5);
    expect(deployment().spec.template.spec.containers[0]).toMatchObject({ image: "model:2" });
    expect(deployment().spec.template.spec.containers[0]?.env ?? []).toEqual([]);
  });

  it("is put right when somebody changes what it planned", async () => {
    const { world, hand, run } = await beginning();
    await run();
    const key = { namespace: "team-a", name: "one" };
    const image = (name: string) => ({ spec: { template: { spec: { containers: [{ name: "main", image: name }] } } } });
    await hand.patch(
      { group: "apps", version: "v1", kind: "Deployment", plural: "deployments" },
      key,
      image("evil:1"),
      user,
    );
    await run();
    expect(world.objects("Deployment")[0]).toMatchObject(image("model:1"));
  });
});
