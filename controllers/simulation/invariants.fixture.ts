import { expect } from "vitest";
import type { ModelVersion, TrainingRun } from "../../src/api/v1alpha1/kinds.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import type { ConfigMap, Job } from "../../src/kube/resources.ts";
import type { World } from "../../src/testing/world.ts";
import { digestOf } from "../trainingrun/publish.ts";

/** What must hold at every moment, whatever came before: looked at after each write of the operator and each deed of a neighbour. */
export class Invariants {
  readonly #world: World;
  readonly #snapshots = new Map<string, string>();
  readonly #ends = new Map<string, string>();
  readonly #attempts = new Map<string, NonNullable<TrainingRun["status"]>["attempts"]>();
  readonly #jobs = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  check(): void {
    const runs = this.#all<TrainingRun>("TrainingRun");
    this.#snapshotsNeverChange();
    for (const run of runs) {
      this.#anEndIsAnEnd(run);
      this.#attemptsOnlyGrow(run);
    }
    for (const job of this.#all<Job>("Job")) this.#jobsFollowWhatIsRecorded(job, runs);
    this.#versionsAreNobodysAndUnique();
    this.#podsFollowWhatIsFrozen();
    for (const { kind, metadata } of this.#world.objects())
      expect(metadata.finalizers, `${kind} ${metadata.name} has a finalizer`).toBeUndefined();
  }

  #all<T extends KubeObject>(kind: string): T[] {
    return this.#world.objects(kind) as unknown as T[];
  }

  #snapshotsNeverChange(): void {
    for (const { metadata, data } of this.#all<ConfigMap>("ConfigMap"))
      same(this.#snapshots, metadata.uid, JSON.stringify(data), `ConfigMap ${metadata.name} has changed`);
  }

  #anEndIsAnEnd({ metadata, status }: TrainingRun): void {
    if (status?.phase === "Succeeded" || status?.phase === "Failed" || this.#ends.has(metadata.uid ?? ""))
      same(this.#ends, metadata.uid, status?.phase ?? "", `run ${metadata.name} left its terminal phase`);
  }

  #attemptsOnlyGrow({ metadata, status }: TrainingRun): void {
    const attempts = status?.attempts ?? [];
    const before = this.#attempts.get(metadata.uid ?? "") ?? [];
    expect(
      attempts.map(({ number }) => number),
      `attempts of ${metadata.name} are counted wrongly`,
    ).toEqual(attempts.map((_, index) => index + 1));
    for (const [index, one] of before.entries())
      expect(attempts[index], `attempt ${one.number} of ${metadata.name} was rewritten`).toMatchObject(one);
    this.#attempts.set(metadata.uid ?? "", attempts);
  }

  #jobsFollowWhatIsRecorded(job: Job, runs: readonly TrainingRun[]): void {
    const { name, labels = {}, uid = "" } = job.metadata;
    same(this.#jobs, name, uid, `Job ${name} was made twice`);
    const run = runs.find(({ metadata }) => metadata.name === labels["learning.qi.dev/run"]);
    const snapshot = this.#all<ConfigMap>("ConfigMap").find(
      ({ metadata }) => metadata.name === `${run?.metadata.name}-spec`,
    );
    expect(snapshot, `Job ${name} exists before the spec is recorded`).toBeDefined();
    if (labels["learning.qi.dev/step"] !== "train") return;
    const recorded = run?.status?.attempts?.find(({ number }) => String(number) === labels["learning.qi.dev/attempt"]);
    expect(recorded, `Job ${name} exists before its attempt is recorded`).toBeDefined();
    const args = job.spec?.template.spec?.containers[0]?.args ?? [];
    expect(recorded, `Job ${name} trains with other settings than were recorded`).toMatchObject(
      JSON.parse(args[args.indexOf("--attempt") + 1] ?? "null"),
    );
  }

  #versionsAreNobodysAndUnique(): void {
    const versions = this.#all<ModelVersion>("ModelVersion");
    for (const { metadata } of versions)
      expect(metadata.ownerReferences, `ModelVersion ${metadata.name} is owned`).toBeUndefined();
    const identities = versions.map(digestOf);
    expect(new Set(identities).size, "one artifact has become two versions").toBe(versions.length);
  }

  #podsFollowWhatIsFrozen(): void {
    const frozen = new Set(this.#all<ConfigMap>("ConfigMap").map(({ metadata }) => metadata.name));
    for (const { metadata } of this.#all("Deployment"))
      expect(frozen, `Deployment ${metadata.name} exists before its template is frozen`).toContain(
        `${metadata.name}-serving`,
      );
  }
}

/** What was once seen under a key is seen ever after. */
function same(seen: Map<string, string>, key: string | undefined, value: string, otherwise: string): void {
  const before = seen.get(key ?? "") ?? value;
  expect(value, otherwise).toBe(before);
  seen.set(key ?? "", value);
}
