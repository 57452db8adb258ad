import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/clock.ts";
import { silentLog } from "../testing/log.ts";
import { World } from "../testing/world.ts";
import type { KubeApi } from "./api.ts";
import { LeaderLease, microTime } from "./lease.ts";
import type { Lease } from "./resources.ts";

const key = { namespace: "system", name: "operator" };

function stage() {
  const clock = new ManualClock();
  const world = new World({ clock });
  const stand = (identity: string, api: KubeApi = world.connect()) => {
    const stopping = new AbortController();
    const lease = new LeaderLease({ api, clock, log: silentLog, key, identity, random: () => 0.5 });
    const ended = lease.run(stopping.signal);
    return { lease, stop: () => stopping.abort(new Error("stopping")), ended };
  };
  return { clock, world, stand, stored: () => world.objects("Lease")[0] as Lease | undefined };
}

/** An API that stops answering when told, as behind a broken network. */
function cuttable(api: KubeApi): KubeApi & { cut: boolean } {
  const state = { cut: false };
  const gate = async <T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    if (!state.cut) return call();
    return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
  };
  return Object.assign(state, {
    ...api,
    get: (resource, at, options) => gate(() => api.get(resource, at, options), options?.signal),
    update: (object, options) => gate(() => api.update(object, options), options.signal),
  } satisfies KubeApi);
}

describe("a leader lease", () => {
  it("lets one of two lead, and the other only after 15 s without renewal", async () => {
    const { clock, world, stand } = stage();
    const api = cuttable(world.connect());
    const a = stand("a", api);
    await clock.advance(0);
    const b = stand("b");
    await clock.advance(60_000);
    expect([a.lease.isLeader(), b.lease.isLeader()]).toEqual([true, false]);
    api.cut = true;
    let overlap = 0;
    let elected: number | undefined;
    const cutAt = clock.elapsed();
    for (let n = 0; n < 250; n += 1) {
      await clock.advance(100);
      if (a.lease.isLeader() && b.lease.isLeader()) overlap += 1;
      if (b.lease.isLeader()) elected ??= clock.elapsed() - cutAt;
    }
    expect(overlap).toBe(0);
    expect(elected).toBeGreaterThan(12_000);
    expect(elected).toBeLessThan(20_000);
    expect(b.lease.epoch).toBe(1);
    expect(await a.lease.lost).toContain("not renewed");
  });

  it("is no longer held once the renew deadline has passed, even before anybody has noticed", async () => {
    const { clock, world, stand } = stage();
    const api = cuttable(world.connect());
    const a = stand("a", api);
    await clock.advance(2_000);
    api.cut = true;
    await clock.advance(9_900);
    const before = a.lease.isLeader();
    await clock.advance(200);
    expect([before, a.lease.isLeader()]).toEqual([true, false]);
  });

  it("is released on a clean stop, so that the next need not wait", async () => {
    const { clock, stand, stored } = stage();
    const a = stand("a");
    await clock.advance(5_000);
    const b = stand("b");
    await clock.advance(0);
    a.stop();
    await a.ended;
    expect(stored()?.spec?.holderIdentity).toBe("");
    await clock.advance(4_500);
    expect(b.lease.isLeader()).toBe(true);
  });

  it("trusts no remote clock: a lease from the future or the past runs out after we saw it unchanged for its duration", async () => {
    const { clock, world, stand } = stage();
    const spec = {
      holderIdentity: "dead",
      leaseDurationSeconds: 15,
      renewTime: "2099-01-01T00:00:00.000000Z",
      leaseTransitions: 6,
    };
    const lease: Lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: key, spec };
    await world.connect().create(lease, { fieldManager: "dead" });
    const a = stand("a");
    await clock.advance(14_000);
    const early = a.lease.isLeader();
    await clock.advance(5_000);
    expect([early, a.lease.isLeader(), a.lease.epoch]).toEqual([false, true, 7]);
  });

  it("writes times with six fractional digits", () => {
    expect(microTime(Date.UTC(2026, 0, 1, 0, 0, 0, 7))).toBe("2026-01-01T00:00:00.007000Z");
  });
});
