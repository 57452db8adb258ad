import { ModelVersions, QualityPolicies, TrainingRuns } from "../../src/api/v1alpha1/kinds.ts";
import type { SidecarStatus } from "../../src/clients/sidecar.ts";
import type { KubeApi, WatchEvent, WatchOptions } from "../../src/kube/api.ts";
import { Cache } from "../../src/kube/cache.ts";
import { EventRecorder } from "../../src/kube/events.ts";
import type { KubeObject, Resource } from "../../src/kube/object.ts";
import { reflect } from "../../src/kube/reflect.ts";
import { ConfigMaps, Deployments, Jobs, Pods, Services } from "../../src/kube/resources.ts";
import { Controller, type Definition } from "../../src/runtime/controller.ts";
import { Facts } from "../../src/runtime/facts.ts";
import type { Logger } from "../../src/runtime/logging.ts";
import { createMetrics } from "../../src/runtime/metrics.ts";
import type { ManualClock } from "../../src/testing/clock.ts";
import type { Connection, CrashPoint } from "../../src/testing/connection.ts";
import { silentLog } from "../../src/testing/log.ts";
import type { Random } from "../../src/testing/random.ts";
import type { World } from "../../src/testing/world.ts";
import { config, NAMESPACE, TEMPLATE } from "../common/objects.fixture.ts";
import { modelVersionController } from "../modelversion/definition.ts";
import { qualityPolicyController } from "../qualitypolicy/definition.ts";
import { trainingRunController } from "../trainingrun/definition.ts";
import { newestProgress, type Progress } from "../trainingrun/progress.ts";

export interface Surroundings {
  readonly world: World;
  readonly clock: ManualClock;
  readonly random: Random;
  /** What can be asked outside Kubernetes. */
  readonly outside: { log(pod: string): string; sidecar(address: string): SidecarStatus };
  /** Called after each write of the operator. */
  readonly wrote: () => void;
  /** A decision, in the words of its plan. */
  readonly decided: (controller: string, object: string, why: readonly string[]) => void;
  readonly failed: (message: string) => void;
}

/** Nobody reads them here, and making them takes longer than a process lives. */
const METRICS = createMetrics(undefined, () => 0);

/** One life of the operator process, as src/processes/operator.ts composes it, with watches that lag behind each other. */
export class Operator {
  readonly api: Connection;
  readonly #facts: Facts<unknown>[] = [];
  readonly #controllers = new Map<string, Controller>();
  readonly #stopping = new AbortController();
  readonly #reflected: Promise<void>;

  constructor(around: Surroundings, crash?: CrashPoint) {
    const { world, clock } = around;
    this.api = world.connect(crash);
    const api = lagging(told(this.api, around.wrote), around);
    const cache = new Cache([
      ...[TrainingRuns, ModelVersions, QualityPolicies].map((resource) => ({ resource, namespace: NAMESPACE })),
      ...[ConfigMaps, Jobs, Pods, Deployments, Services].map((resource) => ({
        resource,
        namespace: NAMESPACE,
        labelSelector: "app.kubernetes.io/managed-by=qi-learning",
      })),
    ]);
    const log = this.#log(around);
    for (const definition of this.#definitions(around)) {
      const events = new EventRecorder({ api, clock, log: silentLog, component: `qi-learning-${definition.name}` });
      const isLeader = () => !this.#stopping.signal.aborted;
      const options = { api, cache, clock, log, isLeader, events, metrics: METRICS.controller(definition.name) };
      this.#controllers.set(definition.name, new Controller(definition, options));
    }
    this.#reflected = reflect(cache, {
      api,
      clock,
      log: silentLog,
      signal: this.#stopping.signal,
      random: () => 0,
    }).done;
    for (const controller of this.#controllers.values()) controller.start();
  }

  /** The process is gone. Resolves when nothing of it runs any more, for which time has to move on. */
  async end(): Promise<void> {
    this.#stopping.abort(new Error("the process has ended"));
    for (const facts of this.#facts) facts.close();
    await Promise.all([...[...this.#controllers.values()].map((one) => one.stop()), this.#reflected]);
  }

  #definitions({ clock, outside }: Surroundings): Definition[] {
    const polled = <T>(controller: string, ask: (key: string) => T): Facts<T> => {
      const facts = new Facts<T>({
        interval: 5_000,
        timeout: 10_000,
        clock,
        poll: async (key) => ask(key),
        onChange: (key) => {
          const [namespace = "", name = ""] = key.split("/");
          this.#controllers.get(controller)?.enqueue({ namespace, name });
        },
      });
      this.#facts.push(facts as Facts<unknown>);
      return facts;
    };
    const progress = polled<Progress | undefined>("trainingrun", (key) =>
      newestProgress(outside.log(key.split("/")[2] ?? "")),
    );
    const sidecars = polled("modelversion", (key) => outside.sidecar(key.split("/")[2] ?? ""));
    const common = { config: config(), template: TEMPLATE };
    return [
      trainingRunController({ ...common, progress }),
      modelVersionController({ ...common, sidecars }),
      qualityPolicyController(),
    ] as unknown as Definition[];
  }

  #log({ decided, failed }: Surroundings): Logger {
    const nothing = () => {};
    const logger = (known: { controller?: string; object?: string }): Logger =>
      ({
        child: (more: object) => logger({ ...known, ...more }),
        debug: nothing,
        warn: nothing,
        info: ({ why }: { why?: string[] }) => {
          if (why !== undefined && !this.api.crashed)
            decided(known.controller ?? "", known.object?.split("/")[1] ?? "", why);
        },
        error: (_: object, message: string) => {
          if (!this.api.crashed) failed(`${known.controller} ${known.object}: ${message}`);
        },
      }) as unknown as Logger;
    return logger({});
  }
}

/** Tells of each write that has reached the world. */
function told(api: Connection, wrote: () => void): KubeApi {
  const after = async <T>(writing: Promise<T>): Promise<T> => {
    try {
      return await writing;
    } finally {
      wrote();
    }
  };
  return {
    ...api,
    create: (object, options) => after(api.create(object, options)),
    apply: (object, options) => after(api.apply(object, options)),
    patch: (resource, key, body, options) => after(api.patch(resource, key, body, options)),
    update: (object, options) => after(api.update(object, options)),
    remove: (ref, options) => after(api.remove(ref, options)),
  };
}

/** Each kind comes by a watch of its own, and nothing orders them: what happened first may be heard last. */
function lagging(api: KubeApi, { clock, random }: Surroundings): KubeApi {
  async function* late<T extends KubeObject>(events: AsyncIterable<WatchEvent<T>>, signal: AbortSignal) {
    for await (const event of events) {
      const lag = random.pick([0, 0, 0, 0, 100, 700, 2_000]);
      if (lag > 0) await clock.sleep(lag, signal);
      yield event;
    }
  }
  return {
    ...api,
    watch: async <T extends KubeObject>(resource: Resource<T>, options: WatchOptions) =>
      late(await api.watch(resource, options), options.signal),
  };
}
