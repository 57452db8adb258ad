import { describe, expect, it } from "vitest";
import type { PolicySet } from "../../src/api/learning/policies.ts";
import { QualityPolicies } from "../../src/api/v1alpha1/kinds.ts";
import { cacheOf } from "../../src/testing/cache.ts";
import { ManualClock } from "../../src/testing/clock.ts";
import { silentLog } from "../../src/testing/log.ts";
import { loosePolicy, NAMESPACE, policy } from "../common/objects.fixture.ts";
import { dataPolicies, PolicyPush } from "./push.ts";

/** A data plane that keeps what it is told, and can be away. */
class Plane {
  inForce: PolicySet | undefined;
  away = false;
  asked = 0;

  async policies(): Promise<PolicySet | undefined> {
    this.asked += 1;
    if (this.away) throw new Error("connection refused");
    return this.inForce;
  }

  async replacePolicies(set: PolicySet): Promise<void> {
    // As a database would: keys in another order.
    this.inForce = JSON.parse(JSON.stringify(set, Object.keys(flat(set)).sort().reverse()));
  }
}

function flat(value: unknown): Record<string, true> {
  if (typeof value !== "object" || value === null) return {};
  return Object.assign({}, ...Object.entries(value).map(([key, item]) => ({ [key]: true, ...flat(item) })));
}

function pushing(objects: Parameters<typeof cacheOf>[0], plane = new Plane(), leads = true) {
  const clock = new ManualClock();
  const world = { cache: cacheOf(objects, [{ resource: QualityPolicies }]) };
  const states: string[] = [];
  const push: PolicyPush = new PolicyPush({
    door: plane,
    cache: () => world.cache,
    namespace: NAMESPACE,
    clock,
    log: silentLog,
    isLeader: () => leads,
    onChange: () => states.push(push.state.state),
  });
  return { push, clock, plane, world, states };
}

describe("telling the data plane its policies", () => {
  it("happens once, and again only when they change", async () => {
    const { push, clock, plane, world, states } = pushing([policy()]);
    push.start();
    await clock.advance(20_000);
    expect(plane.inForce).toMatchObject({ revision: 1, policies: [{ namespace: NAMESPACE, servedModel: "qi-coder" }] });
    expect(plane.asked).toBe(1);
    world.cache = cacheOf([policy({ privacy: { retentionDays: 7 } })]);
    await clock.advance(5_000);
    expect(plane.inForce).toMatchObject({ revision: 2, policies: [{ privacy: { retentionDays: 7 } }] });
    expect(states).toEqual(["inForce", "inForce"]);
    push.close();
  });

  it("mends a data plane that was restored from a backup", async () => {
    const { push, clock, plane } = pushing([policy()]);
    push.start();
    await clock.advance(1);
    plane.inForce = { revision: 40, policies: [] };
    await clock.advance(65_000);
    expect(plane.inForce).toMatchObject({ revision: 41, policies: [{ servedModel: "qi-coder" }] });
    push.close();
  });

  it("goes on trying while it cannot be reached, and says so", async () => {
    const plane = new Plane();
    plane.away = true;
    const { push, clock, states } = pushing([policy()], plane);
    push.start();
    await clock.advance(12_000);
    expect(push.state).toEqual({ state: "failing", message: "connection refused" });
    plane.away = false;
    await clock.advance(5_000);
    expect(states).toEqual(["failing", "inForce"]);
    push.close();
  });

  it("is the leader's alone", async () => {
    const { push, clock, plane } = pushing([policy()], new Plane(), false);
    push.start();
    await clock.advance(20_000);
    expect(plane.asked).toBe(0);
    push.close();
  });
});

describe("the policies told", () => {
  it("lack those that are going away, cannot be carried out, or serve under a name that an older one holds", () => {
    const cache = cacheOf([
      policy({}, { name: "elder", creationTimestamp: "2026-01-01T00:00:00Z" }),
      policy({}, { name: "younger", creationTimestamp: "2026-02-01T00:00:00Z" }),
      policy({ servedModel: "gone" }, { name: "gone", deletionTimestamp: "2026-02-01T00:00:00Z" }),
      {
        ...loosePolicy({ servedModel: "b", privacy: { retentionDays: 0 } }),
        metadata: { name: "wrong", namespace: NAMESPACE },
      },
    ]);
    expect(dataPolicies(cache, NAMESPACE).map(({ name }) => name)).toEqual(["elder"]);
  });
});
