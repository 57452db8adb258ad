import type { Cache, CacheSource } from "../kube/cache.ts";
import { controlledBy, type KubeObject, type Resource, refTo } from "../kube/object.ts";
import { ConfigMaps, Deployments } from "../kube/resources.ts";
import type { Definition } from "../runtime/definition.ts";
import type { Plan } from "../runtime/plan.ts";

/** A small controller that uses all of a plan: what the tests of the runtime run. */
export interface Sample extends KubeObject {
  readonly spec: { readonly image: string; readonly env?: string };
  readonly status?: { readonly attempt?: number; readonly phase?: string };
}

export const Samples: Resource<Sample> = {
  group: "learning.qi.dev",
  version: "v1alpha1",
  kind: "Sample",
  plural: "samples",
};
export const Results: Resource = { group: "learning.qi.dev", version: "v1alpha1", kind: "Result", plural: "results" };

export const sampleSources: readonly CacheSource[] = [Samples, Results, ConfigMaps, Deployments].map((resource) => ({
  resource,
}));

export const FINALIZER = "learning.qi.dev/results";

export function sample(changes: Partial<Sample["spec"]> = {}): Sample {
  return {
    apiVersion: "learning.qi.dev/v1alpha1",
    kind: "Sample",
    metadata: { name: "one", namespace: "team-a" },
    spec: { image: "model:1", ...changes },
  };
}

interface Snapshot {
  readonly sample: Sample;
  readonly leftovers: readonly KubeObject[];
  readonly results: readonly KubeObject[];
  readonly ready: boolean;
}

export const sampleDefinition: Definition<Sample, Sample["status"], Snapshot> = {
  name: "sample",
  primary: Samples,
  owns: [ConfigMaps, Deployments],
  watches: [
    {
      resource: Results,
      map: (result) => [
        { namespace: result.metadata.namespace ?? "", name: result.metadata.labels?.["learning.qi.dev/sample"] ?? "" },
      ],
    },
  ],
  observe(key, cache: Cache) {
    const found = cache.get(Samples, key);
    if (found === undefined) return undefined;
    return {
      sample: found,
      leftovers: cache
        .list(ConfigMaps, { namespace: key.namespace })
        .filter((one) => one.metadata.labels?.leftover === "yes"),
      results: cache.list(Results, { namespace: key.namespace }),
      ready: cache.ownedBy(Deployments, found).length > 0,
    };
  },
  plan({ sample: one, leftovers, results, ready }): Plan<Sample["status"]> {
    const nothing = { create: [], apply: [], remove: [], events: [], why: [] };
    if (one.metadata.deletionTimestamp !== undefined) {
      if (results.length > 0) return { ...nothing, remove: results.map(refTo) };
      return { ...nothing, finalizers: [] };
    }
    if (one.status?.attempt === undefined)
      return {
        ...nothing,
        finalizers: [FINALIZER],
        record: { attempt: 1, phase: "Starting" },
        why: ["the first attempt begins"],
      };
    return {
      ...nothing,
      finalizers: [FINALIZER],
      create: [snapshotOf(one), resultOf(one)],
      apply: [deploymentOf(one)],
      remove: leftovers.map(refTo),
      status: { attempt: one.status.attempt, phase: ready ? "Running" : "Starting" },
      events:
        ready && one.status.phase !== "Running" ? [{ type: "Normal", reason: "Running", message: "it runs" }] : [],
    };
  },
};

const snapshotOf = (one: Sample): KubeObject =>
  ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "one-attempt-1", namespace: "team-a", ownerReferences: [controlledBy(one)] },
    data: { image: one.spec.image },
  }) as KubeObject;

/** Owned by nobody: it outlives its maker, and is known by its label. */
const resultOf = (one: Sample): KubeObject => ({
  apiVersion: "learning.qi.dev/v1alpha1",
  kind: "Result",
  metadata: { name: "one-result", namespace: "team-a", labels: { "learning.qi.dev/sample": one.metadata.name } },
});

const deploymentOf = (one: Sample): KubeObject => {
  const env = one.spec.env === undefined ? [] : [{ name: "SETTING", value: one.spec.env }];
  const container = { name: "main", image: one.spec.image, env, resources: { requests: { cpu: "1000m" } } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "one", namespace: "team-a", ownerReferences: [controlledBy(one)] },
    spec: { replicas: 2, template: { spec: { containers: [container] } } },
  } as KubeObject;
};

/** What a real server does to quantities, and to what is left out. */
export function normalise(object: KubeObject): KubeObject {
  if (object.kind !== "Deployment") return object;
  return JSON.parse(
    JSON.stringify({ ...object, spec: { revisionHistoryLimit: 10, ...(object as { spec?: object }).spec } }).replaceAll(
      '"1000m"',
      '"1"',
    ),
  );
}
