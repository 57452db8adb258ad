import { afterEach, describe, expect, it } from "vitest";
import type { Lineage } from "../../src/api/learning/datasets.ts";
import { type ModelVersion, ModelVersions } from "../../src/api/v1alpha1/kinds.ts";
import { cacheOf } from "../../src/testing/cache.ts";
import { ManualClock } from "../../src/testing/clock.ts";
import { silentLog } from "../../src/testing/log.ts";
import { NAMESPACE, version } from "../common/objects.fixture.ts";
import { pushLineage } from "./lineage.ts";

const DATASET = "d".repeat(64);
const HOUR = 3_600_000;

const trained = (name: string) => {
  const made = version({ lineage: { baseModel: "b", trainingRun: `run-of-${name}`, dataset: DATASET } });
  return { ...made, metadata: { ...made.metadata, name, uid: `uid-${name}` } };
};

describe("telling the data plane what a version was trained on", () => {
  const open: { close(): void }[] = [];
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });

  function pushing(objects: Parameters<typeof cacheOf>[0], { knows = true, leads = true } = {}) {
    const clock = new ManualClock();
    const world = { cache: cacheOf(objects, [{ resource: ModelVersions }]), away: false };
    const told: Lineage[] = [];
    const tell = async (lineage: Lineage) => {
      if (world.away) throw new Error("connection refused");
      told.push(lineage);
      return knows;
    };
    const cache = () => world.cache;
    open.push(pushLineage({ tell, cache, namespace: NAMESPACE, clock, log: silentLog, isLeader: () => leads }));
    return { clock, world, told };
  }

  it("happens once for each, and of new ones when they come", async () => {
    const { clock, world, told } = pushing([trained("a")]);
    await clock.advance(20_000);
    expect(told).toEqual([{ modelVersion: "a", dataset: DATASET, trainingRun: `${NAMESPACE}/run-of-a` }]);
    world.cache = cacheOf([trained("a"), trained("b")]);
    await clock.advance(5_000);
    expect(told.map(({ modelVersion }) => modelVersion)).toEqual(["a", "b"]);
  });

  it("says nothing of versions without a dataset: the baseline is nobody's", async () => {
    const { clock, told } = pushing([version({ lineage: { baseModel: "b", trainingRun: "coder-baseline" } })]);
    await clock.advance(20_000);
    expect(told).toEqual([]);
  });

  it("goes on while the data plane is away, and tells one anew that was restored from a backup", async () => {
    const { clock, world, told } = pushing([trained("a")]);
    world.away = true;
    await clock.advance(12_000);
    world.away = false;
    await clock.advance(5_000);
    expect(told).toHaveLength(1);
    await clock.advance(HOUR + 5_000);
    expect(told).toHaveLength(2);
  });

  it("does not ask at each turn about a dataset that the data plane did not make", async () => {
    const { clock, told } = pushing([trained("a")], { knows: false });
    await clock.advance(60_000);
    expect(told).toHaveLength(1);
  });

  it("is not kept from the others by one that an older definition let in without a spec", async () => {
    const { spec: _, ...bare } = trained("a");
    const { clock, told } = pushing([bare as ModelVersion, trained("b")]);
    await clock.advance(20_000);
    expect(told.map(({ modelVersion }) => modelVersion)).toEqual(["b"]);
  });

  it("is the leader's alone", async () => {
    const { clock, told } = pushing([trained("a")], { leads: false });
    await clock.advance(60_000);
    expect(told).toEqual([]);
  });
});
