import type { ModelVersion } from "../../src/api/v1alpha1/kinds.ts";
import { type ModelVersionStatus, modelVersionStatus } from "../../src/api/v1alpha1/modelversion.ts";
import type { SidecarStatus } from "../../src/clients/sidecar.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import type { ConfigMap, Deployment, Pod } from "../../src/kube/resources.ts";
import type { Fact, Plan } from "../../src/runtime/plan.ts";
import {
  cached,
  config,
  created,
  facts,
  known,
  NAMESPACE,
  NOW,
  policy,
  sha,
  TEMPLATE,
  unknown,
  version,
} from "../common/objects.fixture.ts";
import { deployment, readFrozen } from "./objects.ts";
import { observe } from "./observe.ts";
import { plan } from "./plan.ts";

type VersionPlan = Plan<ModelVersionStatus>;
interface Moment {
  readonly now?: number;
  /** What the sidecars say, by the address of their pod; the rest cannot be asked. */
  readonly sidecars?: Readonly<Record<string, Fact<SidecarStatus>>>;
  /** The image of everything of ours: a new one is another release. */
  readonly image?: string;
  readonly allowedUris?: string[];
}

/** What is planned for the first of these objects, a version, in a world that holds the others too. */
export function planFor(objects: readonly KubeObject[], { now, sidecars = {}, ...changes }: Moment = {}): VersionPlan {
  const [subject] = objects;
  if (subject === undefined) throw new Error("no version to plan for");
  const { name } = subject.metadata;
  const said = (key: string) => sidecars[key.split("/")[2] ?? ""] ?? unknown;
  const sources = { config: config(changes), template: TEMPLATE, sidecars: facts(said) };
  const snapshot = observe({ namespace: NAMESPACE, name }, cached(...objects), sources);
  if (snapshot === undefined) throw new Error("the version was not found");
  const planned = plan(snapshot, now ?? NOW);
  // Whatever is planned, the API server must take it.
  if (planned.status !== undefined) modelVersionStatus.parse(planned.status);
  return planned;
}

/** The ConfigMap in which a version's pods were frozen. */
export function frozenOf(subject: ModelVersion, ...others: KubeObject[]): ConfigMap {
  const { suspend: _, ...spec } = subject.spec;
  const [map] = planFor([{ ...subject, spec } as ModelVersion, ...others]).create;
  if (map === undefined) throw new Error("nothing was frozen");
  return created(map as ConfigMap);
}

/** A version that is frozen and has its Deployment. */
export function deployed(
  subject = version(),
  { replicas = 1, of = policy() }: { replicas?: number; of?: KubeObject } = {},
): [ModelVersion, KubeObject, ConfigMap, Deployment] {
  const map = frozenOf(subject, of);
  return [subject, of, map, created(deployment(subject, readFrozen(map), replicas))];
}

export const ADDRESS = "10.0.0.1:8080";

export function servingPod({ name = "coder-9c41d7aa-1", ip = "10.0.0.1", ready = true, status = {} } = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: NAMESPACE, uid: name, labels: { "learning.qi.dev/model-version": "coder-9c41d7aa" } },
    status: {
      phase: "Running",
      ...(ip === "" ? {} : { podIP: ip }),
      conditions: [
        { type: "PodScheduled", status: "True" },
        { type: "Ready", status: ready ? "True" : "False" },
      ],
      ...status,
    },
  } as unknown as Pod;
}

export function says(state: SidecarStatus["state"], more: Partial<SidecarStatus> = {}): Fact<SidecarStatus> {
  const digest = state === "Ready" ? { servedDigest: sha("9") } : {};
  const reason = more.reason ?? (state as SidecarStatus["reason"]);
  const since = "2026-11-22T13:59:00.000Z";
  return known({ state, reason, message: `It is ${state}.`, model: "m", since, inFlight: 0, ...digest, ...more });
}

/** The columns that `kubectl get mv` prints between NAME and AGE. */
export function columns({ status }: VersionPlan): string {
  if (status?.display === undefined) throw new Error("the plan has no status to print");
  const { step, weight, verdict, reason } = status.display;
  return [status.phase, step, weight, verdict, reason].join(" ");
}
