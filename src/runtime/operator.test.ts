import { request } from "undici";
import { describe, expect, it } from "vitest";
import type { Lease } from "../kube/resources.ts";
import { ManualClock } from "../testing/clock.ts";
import { normalise, sample, sampleDefinition, sampleSources } from "../testing/sample.ts";
import { World } from "../testing/world.ts";
import { silentLogger } from "./logging.ts";
import { createMetrics } from "./metrics.ts";
import { type OperatorOptions, startOperator } from "./operator.ts";

const key = { namespace: "system", name: "operator" };

async function stage() {
  const clock = new ManualClock();
  const world = new World({ clock, normalise });
  await world.connect().create(sample(), { fieldManager: "kubectl" });
  const start = (identity: string, options: Partial<OperatorOptions> = {}) =>
    startOperator({
      api: world.connect(),
      log: silentLogger,
      metrics: createMetrics(undefined, () => clock.elapsed()),
      sources: sampleSources,
      definitions: [sampleDefinition],
      lease: { key, identity },
      clock,
      random: () => 0.5,
      ...options,
    });
  return { clock, world, start };
}

const ask = async (port: number | undefined, path: string) => {
  const { statusCode, body } = await request(`http://127.0.0.1:${port}${path}`);
  return { statusCode, text: await body.text() };
};

describe("an operator", () => {
  it("works when elected; a standby fills its caches, writes nothing, and takes over at once on a clean stop", async () => {
    const { clock, world, start } = await stage();
    const a = await start("a");
    await clock.advance(10_000);
    await a.working;
    expect(world.objects("Sample")[0]).toMatchObject({ status: { phase: "Running" } });
    const standby = world.connect();
    const b = await start("b", { api: standby });
    await clock.advance(10_000);
    expect([a.isLeader(), b.isLeader(), b.cache.hasSynced(), standby.writes]).toEqual([true, false, true, []]);
    await a.stop();
    expect((world.objects("Lease")[0] as Lease).spec?.holderIdentity).toBe("");
    await clock.advance(4_500);
    expect(b.isLeader()).toBe(true);
    await b.stop();
  });

  it("says why it is not ready, and gives its metrics under controller-runtime's names", async () => {
    const { clock, world, start } = await stage();
    const api = world.connect();
    let open = false;
    const gated = {
      ...api,
      pages: ((resource, options) => (open ? api.pages(resource, options) : failing())) as typeof api.pages,
    };
    const operator = await start("a", { api: gated, http: { port: 0, host: "127.0.0.1" }, staleAfter: 60_000 });
    expect(await ask(operator.httpPort, "/healthz")).toMatchObject({ statusCode: 200 });
    expect(await ask(operator.httpPort, "/readyz")).toMatchObject({
      statusCode: 503,
      text: expect.stringContaining("[-]synced"),
    });
    open = true;
    await clock.advance(5_000);
    expect(await ask(operator.httpPort, "/readyz")).toMatchObject({ statusCode: 200 });
    await clock.advance(100_000);
    expect(await ask(operator.httpPort, "/readyz")).toMatchObject({
      statusCode: 503,
      text: expect.stringContaining("[-]fresh"),
    });
    const { text } = await ask(operator.httpPort, "/metrics");
    for (const name of [
      'workqueue_depth{name="sample",controller="sample",priority="0"} 0',
      'workqueue_adds_total{name="sample",controller="sample"}',
      "workqueue_queue_duration_seconds_bucket",
      "workqueue_work_duration_seconds_bucket",
      'workqueue_unfinished_work_seconds{name="sample",controller="sample"} 0',
      'workqueue_longest_running_processor_seconds{name="sample",controller="sample"} 0',
      'controller_runtime_reconcile_total{controller="sample",result="success"}',
      'controller_runtime_reconcile_errors_total{controller="sample"} 0',
      'controller_runtime_reconcile_panics_total{controller="sample"} 0',
      "controller_runtime_reconcile_time_seconds_bucket",
      'controller_runtime_max_concurrent_reconciles{controller="sample"} 1',
      'controller_runtime_active_workers{controller="sample"} 0',
      'leader_election_master_status{name="operator"} 1',
      "nodejs_eventloop_lag_seconds",
    ])
      expect(text).toContain(name);
    await operator.stop();
  });

  it("tells of lost leadership, and works no more", async () => {
    const { clock, world, start } = await stage();
    const a = await start("a");
    await clock.advance(5_000);
    const thief = world.connect();
    const lease = world.objects("Lease")[0] as Lease;
    await thief.update({ ...lease, spec: { ...lease.spec, holderIdentity: "thief" } }, { fieldManager: "thief" });
    await clock.advance(3_000);
    expect(await a.lost).toContain("thief");
    expect(a.isLeader()).toBe(false);
    await a.stop();
    expect((world.objects("Lease")[0] as Lease).spec?.holderIdentity).toBe("thief");
  });

  it("counts a throwing plan as a panic, backs off, and goes on with other objects", async () => {
    const { clock, world, start } = await stage();
    await world
      .connect()
      .create({ ...sample(), metadata: { name: "bad", namespace: "team-a" } }, { fieldManager: "kubectl" });
    const metrics = createMetrics();
    const definition = {
      ...sampleDefinition,
      plan: (snapshot: Parameters<typeof sampleDefinition.plan>[0], now: number) => {
        if (snapshot.sample.metadata.name === "bad") throw new Error("a bug");
        return sampleDefinition.plan(snapshot, now);
      },
    };
    const operator = await start("a", { definitions: [definition], metrics });
    await clock.advance(20_000);
    expect(world.objects("Sample").map((one) => (one as { status?: unknown }).status)).toEqual([
      undefined,
      { attempt: 1, phase: "Running" },
    ]);
    const text = await metrics.registry.metrics();
    const panics = Number(/reconcile_panics_total\{controller="sample"\} (\d+)/.exec(text)?.[1]);
    expect(panics).toBeGreaterThan(5);
    expect(panics).toBeLessThan(20);
    await operator.stop();
  });

  it("holds a key until the cache shows what it wrote, so that it never plans from before its own write", async () => {
    const { clock, world, start } = await stage();
    const api = world.connect();
    let slow = false;
    const delayed: typeof api.watch = async (resource, options) => {
      const events = await api.watch(resource, options);
      return (async function* () {
        for await (const event of events) {
          if (slow) await clock.sleep(2_000, options.signal);
          yield event;
        }
      })();
    };
    slow = true;
    const phases: (string | undefined)[] = [];
    const definition = {
      ...sampleDefinition,
      plan: (snapshot: Parameters<typeof sampleDefinition.plan>[0], now: number) => {
        phases.push(snapshot.sample.status?.phase);
        return sampleDefinition.plan(snapshot, now);
      },
    };
    const operator = await start("a", { api: { ...api, watch: delayed }, definitions: [definition] });
    await clock.advance(60_000);
    expect(phases.filter((phase) => phase === undefined)).toHaveLength(1);
    expect(api.writes.filter((write) => write === "create Deployment team-a/one")).toHaveLength(1);
    expect(world.objects("Sample")[0]).toMatchObject({ status: { phase: "Running" } });
    await operator.stop();
  });
});

// biome-ignore lint/correctness/useYield: it fails before there is anything to yield.
async function* failing(): AsyncGenerator<never> {
  throw new Error("the API server is away");
}
