import { type ModelVersion, ModelVersions, QualityPolicies } from "../../src/api/v1alpha1/kinds.ts";
import { modelVersionStatus } from "../../src/api/v1alpha1/modelversion.ts";
import { qualityPolicySpec, qualityPolicyStatus } from "../../src/api/v1alpha1/qualitypolicy.ts";
import { trainingRunStatus } from "../../src/api/v1alpha1/trainingrun.ts";
import { canonicalJson } from "../../src/domain/identity.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import { ManualClock } from "../../src/testing/clock.ts";
import type { CrashPoint } from "../../src/testing/connection.ts";
import { Random } from "../../src/testing/random.ts";
import { World } from "../../src/testing/world.ts";
import { NAMESPACE, policy, run } from "../common/objects.fixture.ts";
import { Cluster, type Deed } from "./cluster.fixture.ts";
import { Invariants } from "./invariants.fixture.ts";
import { Operator } from "./operator.fixture.ts";

/** One whole life: a policy, its baseline, its first version, a run that diverges once and succeeds, its version. */
export interface Life {
  /** Writes of all operator processes, in order. */
  readonly writes: readonly string[];
  /** How often the operator died. */
  readonly deaths: number;
  /** What was decided and what the neighbours did, in order. */
  readonly story: readonly string[];
  /** All objects in the end, without what differs from life to life by nature. */
  readonly end: readonly string[];
  /** Reconciliations that failed: in a life without a crash there are none. */
  readonly failures: readonly string[];
}

const MOST_STEPS = 2000;
/** Nothing has happened for longer than anything is waited for: it is over. */
const QUIET = 40_000;

export interface Fate {
  readonly seed: number;
  /** Where the n-th process of the operator dies, counted from 1; undefined: it lives on. */
  readonly dies?: (process: number, random: Random) => CrashPoint | undefined;
}

export async function live({ seed, dies = () => undefined }: Fate): Promise<Life> {
  const clock = new ManualClock();
  // One for who acts when, another for who hears when: one decision more must not shuffle all that follows.
  const random = new Random(seed);
  const world = new World({ clock, normalise });
  const cluster = new Cluster(world);
  const invariants = new Invariants(world);
  const story: string[] = [];
  const failures: string[] = [];
  const last = new Map<string, string>();
  const tell = (who: string, what: string) => {
    const time = new Date(clock.now()).toISOString().slice(11, 19);
    story.push(`${time}  ${who.padEnd(21)} ${what}`);
  };
  const decided = (controller: string, object: string, why: readonly string[]) => {
    // The same decision again is no news.
    if (last.get(`${controller} ${object}`) !== why.join()) tell(`> ${controller}`, `${object}: ${why.join("; ")}`);
    last.set(`${controller} ${object}`, why.join());
  };
  // Thrown into the operator, a broken invariant would be one more failure to try again: it is kept for the test.
  let broken: unknown;
  const check = () => {
    try {
      invariants.check();
    } catch (error) {
      broken ??= error;
    }
  };
  const around = {
    world,
    clock,
    random: new Random(seed + 1000),
    outside: cluster,
    wrote: check,
    decided,
    failed: (m: string) => failures.push(m),
  };
  const user = new User(world);

  const operators: Operator[] = [];
  const start = () => {
    const operator = new Operator(around, dies(operators.length + 1, random));
    operators.push(operator);
    return operator;
  };
  let operator = start();
  const ended: Promise<void>[] = [];
  let quietSince = clock.elapsed();
  for (let step = 0; clock.elapsed() - quietSince < QUIET; step += 1) {
    if (step > MOST_STEPS) throw new Error(`the life comes to no end:\n${story.slice(-20).join("\n")}`);
    const deeds = [...user.deeds(), ...cluster.deeds()];
    if (deeds.length > 0) {
      const deed = random.pick(deeds);
      tell(deed.who, deed.what);
      await deed.act();
      check();
      quietSince = clock.elapsed();
    }
    await clock.advance(deeds.length === 0 ? 10_000 : random.pick([100, 1_000, 3_000]));
    if (broken !== undefined) throw broken;
    if (operator.api.crashed) {
      ended.push(operator.end());
      operator = start();
      quietSince = clock.elapsed();
    }
  }
  ended.push(operator.end());
  await clock.advance(20_000);
  await Promise.all(ended);
  const writes = operators.flatMap(({ api }) => api.writes);
  return { writes, deaths: operators.length - 1, story, end: endOf(world), failures };
}

/** Makes the policy, edits it while its run is under way, and asks for one run once there is a version to go back to. */
class User {
  readonly #world: World;
  readonly #hand: ReturnType<World["connect"]>;
  readonly #done = new Set<string>();

  constructor(world: World) {
    this.#world = world;
    this.#hand = world.connect();
  }

  deeds(): Deed[] {
    const by = { fieldManager: "kubectl" };
    const versions = this.#world.list<ModelVersion>(ModelVersions).items;
    const recorded = this.#world.objects("ConfigMap").some(({ metadata }) => metadata.name === "coder-x7k2p-spec");
    return [
      ...this.#once("creates QualityPolicy coder", true, () => this.#hand.create(bare(policy()), by)),
      ...this.#once(
        "creates TrainingRun coder-x7k2p",
        versions.some(({ status }) => status?.phase === "Available"),
        () => this.#hand.create(bare(run()), by),
      ),
      ...this.#once("edits the policy: another learning rate, another Ollama", recorded, () => {
        const spec = {
          training: { optimization: { learningRate: 1e-7 } },
          serving: { image: "ollama:next" },
        };
        return this.#hand.patch(QualityPolicies, { namespace: NAMESPACE, name: "coder" }, { spec }, by);
      }),
    ];
  }

  #once(what: string, possible: boolean, act: () => Promise<unknown>): Deed[] {
    if (!possible || this.#done.has(what)) return [];
    const first = () => {
      this.#done.add(what);
      return act();
    };
    return [{ who: "user", what, act: first }];
  }
}

/** As a user writes it: what only a server can know is not there. */
function bare<T extends KubeObject>(object: T): T {
  return { ...object, metadata: { name: object.metadata.name, namespace: NAMESPACE } };
}

const STATUS = { TrainingRun: trainingRunStatus, ModelVersion: modelVersionStatus, QualityPolicy: qualityPolicyStatus };

/** What an API server does with our kinds: it fills in a policy's defaults, and refuses a status that is none. */
function normalise(object: KubeObject): KubeObject {
  const { status, spec } = object as { status?: unknown; spec?: unknown };
  if (status !== undefined) STATUS[object.kind as keyof typeof STATUS]?.parse(status);
  if (object.kind !== "QualityPolicy") return object;
  return Object.assign({}, object, { spec: JSON.parse(JSON.stringify(qualityPolicySpec.parse(spec))) });
}

/** Times, uids, versions and what is computed from them differ from life to life; events may be lost in a crash. */
function endOf(world: World): string[] {
  const lasting = world.objects().filter(({ kind }) => kind !== "Event");
  return lasting.map((object) => {
    const {
      managedFields: _f,
      resourceVersion: _v,
      generation: _g,
      ...metadata
    } = object.metadata as KubeObject["metadata"] & {
      managedFields?: unknown;
    };
    const { status } = object as { status?: { conditions?: { type: string }[] } };
    // Server-side apply keeps a list's items in the order of their first coming.
    const conditions = [...(status?.conditions ?? [])].sort((a, b) => (a.type < b.type ? -1 : 1));
    return canonicalJson({
      ...object,
      metadata,
      ...(status === undefined ? {} : { status: { ...status, conditions } }),
    })
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
      .replaceAll(/uid-\d+/g, "UID")
      .replaceAll(/"observedGeneration":\d+/g, '"observedGeneration":0')
      .replaceAll(/("learning.qi.dev\/applied":)"[0-9a-f]+"/g, '$1"DIGEST"')
      .replaceAll(/10\.0\.0\.\d+/g, "ADDRESS");
  });
}
