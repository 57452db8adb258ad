import type {
  CoreV1Event,
  V1ConfigMap,
  V1Deployment,
  V1Job,
  V1Lease,
  V1Namespace,
  V1Node,
  V1PersistentVolumeClaim,
  V1Pod,
  V1Secret,
  V1Service,
} from "@kubernetes/client-node";
import type { KubeObject, Resource } from "./object.ts";

/**
 * A client-node model as it looks in JSON: times are strings there, and what the cache hands out is read-only.
 * Only types are taken from that package; at run time it is not loaded (it costs about 85 MB).
 */
type Plain<M> = KubeObject & {
  readonly [K in keyof M as Exclude<K, "apiVersion" | "kind" | "metadata">]: Json<M[K]>;
};

type Json<V> = V extends Date
  ? string
  : V extends (infer Item)[]
    ? readonly Json<Item>[]
    : V extends object
      ? { readonly [K in keyof V]: Json<V[K]> }
      : V;

export type ConfigMap = Plain<V1ConfigMap>;
export type Deployment = Plain<V1Deployment>;
export type CoreEvent = Plain<CoreV1Event>;
export type Job = Plain<V1Job>;
export type Lease = Plain<V1Lease>;
export type Namespace = Plain<V1Namespace>;
export type Node = Plain<V1Node>;
export type PersistentVolumeClaim = Plain<V1PersistentVolumeClaim>;
export type Pod = Plain<V1Pod>;
export type Secret = Plain<V1Secret>;
export type Service = Plain<V1Service>;

const core = <T extends KubeObject>(kind: string, plural: string): Resource<T> => ({
  group: "",
  version: "v1",
  kind,
  plural,
});

export const ConfigMaps = core<ConfigMap>("ConfigMap", "configmaps");
export const Events = core<CoreEvent>("Event", "events");
export const Namespaces = core<Namespace>("Namespace", "namespaces");
export const Nodes = core<Node>("Node", "nodes");
export const PersistentVolumeClaims = core<PersistentVolumeClaim>("PersistentVolumeClaim", "persistentvolumeclaims");
export const Pods = core<Pod>("Pod", "pods");
export const Secrets = core<Secret>("Secret", "secrets");
export const Services = core<Service>("Service", "services");
export const Deployments: Resource<Deployment> = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
};
export const Jobs: Resource<Job> = { group: "batch", version: "v1", kind: "Job", plural: "jobs" };
export const Leases: Resource<Lease> = { group: "coordination.k8s.io", version: "v1", kind: "Lease", plural: "leases" };
