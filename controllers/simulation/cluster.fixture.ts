import type { ModelVersion } from "../../src/api/v1alpha1/kinds.ts";
import type { SidecarStatus } from "../../src/clients/sidecar.ts";
import { type KubeObject, keyOf, type ObjectKey, type Resource, refTo } from "../../src/kube/object.ts";
import { type Deployment, type Job, Jobs, type Pod, Pods } from "../../src/kube/resources.ts";
import { rfc3339 } from "../../src/runtime/conditions.ts";
import type { World } from "../../src/testing/world.ts";
import type { PodTemplate } from "../common/types.ts";
import { trainerSays } from "./trainer.fixture.ts";

/** Something that one of the operator's neighbours could do next. */
export interface Deed {
  readonly who: string;
  readonly what: string;
  readonly act: () => Promise<unknown>;
}

type Status = Record<string, unknown>;
const SIDECAR_LIFE = ["Fetching", "Verifying", "Uploading", "Creating", "Loading", "Ready"] as const;

/** The neighbours of the operator: Job and Deployment controller, kubelet, the trainer and the sidecar in their pods. */
export class Cluster {
  readonly #world: World;
  readonly #hand: ReturnType<World["connect"]>;
  /** How far each serving pod's sidecar has come, by address. */
  readonly #sidecars = new Map<string, { state: number; digest: string; model: string }>();
  #addresses = 0;

  constructor(world: World) {
    this.#world = world;
    this.#hand = world.connect();
  }

  /** What could happen next, in no order. */
  deeds(): Deed[] {
    return [
      ...this.#all<Job>("Job").flatMap((job) => this.#jobController(job)),
      ...this.#all<Deployment>("Deployment").flatMap((deployment) => this.#deploymentController(deployment)),
      ...this.#all<Pod>("Pod").flatMap((pod) => this.#kubelet(pod)),
    ];
  }

  /** The log of a pod of the training image. */
  log(pod: string): string {
    const training = this.#all<Pod>("Pod").find(({ metadata }) => metadata.name === pod);
    const isTraining = training?.metadata.labels?.["learning.qi.dev/step"] === "train";
    const told = isTraining ? { step: "Training", loss: 0.9 } : { step: "Exporting" };
    return JSON.stringify({ time: rfc3339(this.#world.clock.now()), event: "progress", progress: 0.5, ...told });
  }

  sidecar(address: string): SidecarStatus {
    const known = this.#sidecars.get(address);
    if (known === undefined) throw new Error(`nobody answers at ${address}`);
    const state = SIDECAR_LIFE[known.state] ?? "Ready";
    const served = state === "Ready" ? { servedDigest: known.digest } : {};
    const since = "2026-01-01T00:00:00.000Z";
    return { state, reason: state, message: `It is ${state}.`, model: known.model, since, inFlight: 0, ...served };
  }

  #all<T extends KubeObject>(kind: string): T[] {
    return this.#world.objects(kind) as unknown as T[];
  }

  #podsOf(owner: KubeObject): Pod[] {
    return this.#all<Pod>("Pod").filter((pod) =>
      pod.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid),
    );
  }

  #jobController(job: Job): Deed[] {
    const { name } = job.metadata;
    const who = "job controller";
    if (job.status?.conditions?.some(({ type, status }) => /Complete|Failed/.test(type) && status === "True"))
      return [];
    const pods = this.#podsOf(job);
    const ends = pods.map((pod) => endOf(pod));
    const at = { status: "True", lastTransitionTime: this.#now() };
    const ending = (what: string, status: Status) => [{ who, what, act: () => this.#status(Jobs, job, status) }];
    const failed = ends.filter((code) => code !== undefined && code !== 0 && code !== 75).length;
    if (ends.includes(0)) {
      const conditions = [{ type: "Complete", ...at }];
      return ending(`Job ${name} is complete`, { conditions, failed, completionTime: this.#now() });
    }
    const decided = ends.find((code) => code !== undefined && [42, 43, 44].includes(code));
    if (decided !== undefined) {
      const conditions = [{ type: "Failed", reason: "PodFailurePolicy", message: `exit code ${decided}`, ...at }];
      return ending(`Job ${name} has failed: a pod ended with ${decided}`, { conditions, failed });
    }
    if (failed !== (job.status?.failed ?? 0)) return ending(`Job ${name} has lost ${failed} pods`, { failed });
    if (ends.includes(undefined)) return [];
    const pod = `${name}-pod${pods.length + 1}`;
    return [{ who, what: `creates pod ${pod}`, act: () => this.#pod(pod, job, job.spec?.template) }];
  }

  #deploymentController(deployment: Deployment): Deed[] {
    const pods = this.#podsOf(deployment);
    const wanted = deployment.spec?.replicas ?? 1;
    const who = "deployment controller";
    const [surplus] = pods;
    if (pods.length > wanted && surplus !== undefined)
      return [{ who, what: `removes pod ${surplus.metadata.name}`, act: () => this.#hand.remove(refTo(surplus)) }];
    if (pods.length === wanted) return [];
    const pod = `${deployment.metadata.name}-pod${pods.length + 1}`;
    return [{ who, what: `creates pod ${pod}`, act: () => this.#pod(pod, deployment, deployment.spec?.template) }];
  }

  #kubelet(pod: Pod): Deed[] {
    const { name } = pod.metadata;
    const phase = pod.status?.phase;
    const deed = (what: string, status: Status): Deed => ({
      who: "kubelet",
      what: `pod ${name} ${what}`,
      act: () => this.#status(Pods, pod, status),
    });
    const scheduled = { type: "PodScheduled", status: "True" };
    if (phase === undefined) return [deed("is scheduled", { phase: "Pending", conditions: [scheduled] })];
    if (pod.metadata.labels?.["learning.qi.dev/step"] !== undefined) return this.#trainingPod(pod, deed);
    const address = pod.status?.podIP;
    if (address === undefined) return [this.#startServing(pod, deed)];
    const sidecar = this.#sidecars.get(`${address}:8080`);
    if (sidecar === undefined) return [];
    if (sidecar.state < SIDECAR_LIFE.length - 1) {
      const what = `pod ${name} is ${SIDECAR_LIFE[sidecar.state + 1]}`;
      return [{ who: "sidecar", what, act: async () => (sidecar.state += 1) }];
    }
    if (pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True")) return [];
    return [deed("is ready", { conditions: [scheduled, { type: "Ready", status: "True" }] })];
  }

  /** Merge runs as an init container beside Ollama, everything else as the pod's only container. */
  #trainingPod(pod: Pod, deed: (what: string, status: Status) => Deed): Deed[] {
    const step = pod.metadata.labels?.["learning.qi.dev/step"] === "train" ? "train" : "export";
    const running = { running: { startedAt: this.#now() } };
    const terminated = (exitCode: number, message: string) => ({
      terminated: { exitCode, message, finishedAt: this.#now(), reason: exitCode === 0 ? "Completed" : "Error" },
    });
    const containers = (state: object) => ({ containerStatuses: [{ name: step, state }] });
    const phase = pod.status?.phase;
    const merging = pod.status?.initContainerStatuses?.some(({ name }) => name === "merge") === true;
    if (phase === "Pending" && step === "export" && !merging)
      return [deed("merges", { initContainerStatuses: [{ name: "merge", state: running }] })];
    const merged = merging ? { initContainerStatuses: [{ name: "merge", state: terminated(0, "{}") }] } : {};
    if (phase === "Pending")
      return [deed(step === "train" ? "trains" : "exports", { phase: "Running", ...merged, ...containers(running) })];
    if (phase !== "Running") return [];
    const { exitCode, message } = trainerSays(pod);
    const ended = { phase: exitCode === 0 ? "Succeeded" : "Failed", ...containers(terminated(exitCode, message)) };
    return [deed(`ends with ${exitCode}: ${JSON.parse(message).reason}`, ended)];
  }

  #startServing(pod: Pod, deed: (what: string, status: Status) => Deed): Deed {
    const started = deed("runs", { phase: "Running", podIP: `10.0.0.${this.#addresses + 1}` });
    const act = async () => {
      this.#addresses += 1;
      const model = pod.metadata.labels?.["learning.qi.dev/model-version"] ?? "";
      const version = this.#all<ModelVersion>("ModelVersion").find(({ metadata }) => metadata.name === model);
      const digest = version?.spec.artifact.sha256 ?? "";
      this.#sidecars.set(`10.0.0.${this.#addresses}:8080`, { state: 0, digest, model });
      await started.act();
    };
    return { ...started, act };
  }

  #pod(name: string, owner: KubeObject, template: PodTemplate | undefined): Promise<unknown> {
    const { kind, apiVersion, metadata } = owner;
    const ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? "", controller: true }];
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: metadata.namespace, labels: template?.metadata?.labels, ownerReferences },
      spec: template?.spec,
    } as unknown as Pod;
    return this.#hand.create(pod, { fieldManager: "kube-controller-manager" });
  }

  #status(resource: Resource, object: KubeObject, status: Status): Promise<unknown> {
    const key: ObjectKey = keyOf(object);
    return this.#hand.patch(resource, key, { status }, { fieldManager: "kube", subresource: "status" });
  }

  #now(): string {
    return rfc3339(this.#world.clock.now());
  }
}

function endOf(pod: Pod): number | undefined {
  return pod.status?.containerStatuses?.find(({ state }) => state?.terminated !== undefined)?.state?.terminated
    ?.exitCode;
}
