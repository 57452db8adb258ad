import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { modelVersionController } from "../../controllers/modelversion/definition.ts";
import { pushLineage, type TellLineage } from "../../controllers/modelversion/lineage.ts";
import { qualityPolicyController } from "../../controllers/qualitypolicy/definition.ts";
import { type PolicyDoor, PolicyPush } from "../../controllers/qualitypolicy/push.ts";
import { trainingRunController } from "../../controllers/trainingrun/definition.ts";
import { newestProgress, type Progress } from "../../controllers/trainingrun/progress.ts";
import { type OperatorConfig, operatorConfig } from "../api/operatorconfig.ts";
import { problems } from "../api/problems.ts";
import { ModelVersions, QualityPolicies, TrainingRuns } from "../api/v1alpha1/kinds.ts";
import { LearningApiError, learningClient } from "../clients/learning.ts";
import { askSidecar, type SidecarStatus } from "../clients/sidecar.ts";
import type { CacheSource } from "../kube/cache.ts";
import { Client } from "../kube/client.ts";
import { loadConfig } from "../kube/config.ts";
import type { Resource } from "../kube/object.ts";
import { ConfigMaps, Deployments, Jobs, Pods, Services } from "../kube/resources.ts";
import { tokenFile } from "../kube/token.ts";
import { systemClock } from "../runtime/clock.ts";
import { Facts } from "../runtime/facts.ts";
import type { Logger } from "../runtime/logging.ts";
import { createMetrics } from "../runtime/metrics.ts";
import { startOperator } from "../runtime/operator.ts";

export interface OperatorCommand {
  readonly configPath: string;
  readonly namespace: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly port: number;
  readonly log: Logger;
  /** Aborts when the process is told to stop. */
  readonly signal: AbortSignal;
}

/** Tail of a trainer's log that holds its newest progress line. */
const LOG_LINES = 40;
const POLL = 5_000;

/** Composes the operator and runs it until told to stop. Resolves with the exit code. */
export async function runOperator(command: OperatorCommand): Promise<number> {
  const { log, signal } = command;
  const config = readConfig(command.configPath);
  const cluster = await loadConfig(command.kubeconfig === undefined ? {} : { kubeconfig: command.kubeconfig });
  const namespace = command.namespace ?? cluster.namespace;
  const metrics = createMetrics();
  const api = new Client(cluster, { onAnswer: metrics.onAnswer });
  const template = readFileSync(new URL("../../trainer-image/trainer/templates/qwen3.gotmpl", import.meta.url), "utf8");

  const wake = (controller: string, key: string) => {
    const [of = "", name = ""] = key.split("/");
    operator.enqueue(controller, { namespace: of, name });
  };
  const progress = new Facts<Progress | undefined>({
    interval: POLL,
    timeout: 10_000,
    clock: systemClock,
    // Keyed by run, pod and container.
    poll: async (key, aborted) => {
      const [of = "", , pod = "", container = ""] = key.split("/");
      const text = await api.logs({ namespace: of, name: pod }, container, {
        tailLines: LOG_LINES,
        limitBytes: 64 * 1024,
        signal: aborted,
      });
      return newestProgress(text);
    },
    onChange: (key) => wake("trainingrun", key),
  });
  const sidecars = new Facts<SidecarStatus>({
    interval: POLL,
    timeout: 10_000,
    clock: systemClock,
    poll: (key, aborted) => askSidecar(key.split("/")[2] ?? "", aborted),
    onChange: (key) => wake("modelversion", key),
  });

  const plane = dataPlane(config);
  const common = {
    namespace,
    log,
    clock: systemClock,
    cache: () => operator.cache,
    isLeader: () => operator.isLeader(),
  };
  const push =
    plane &&
    new PolicyPush({
      ...common,
      door: plane,
      onChange: () => {
        for (const { metadata } of operator.cache.list(QualityPolicies, { namespace }))
          operator.enqueue("qualitypolicy", { namespace, name: metadata.name });
      },
    });
  const identity = `${hostname()}_${crypto.randomUUID()}`;
  const operator = await startOperator({
    api,
    log,
    metrics,
    instance: hostname(),
    sources: sources(namespace),
    definitions: [
      trainingRunController({ config, template, progress }),
      modelVersionController({ config, template, sidecars }),
      qualityPolicyController(() => push?.state),
    ],
    lease: { key: { namespace, name: "qi-learning-operator" }, identity },
    http: { port: command.port },
  });
  push?.start();
  const lineage = plane && pushLineage({ ...common, tell: plane.tellLineage });
  log.info({ namespace, identity, version: config.images.sidecar }, "started");

  const told = new Promise<"told">((resolve) =>
    signal.addEventListener("abort", () => resolve("told"), { once: true }),
  );
  const why = await Promise.race([told, operator.lost]);
  if (why !== "told") log.error({ why }, "leadership is lost: exiting, so that nothing is done on old knowledge");
  progress.close();
  sidecars.close();
  push?.close();
  lineage?.close();
  await operator.stop();
  await api.close();
  return why === "told" ? 0 : 1;
}

/** What the data plane is asked and told; undefined where this installation has none. */
function dataPlane({ learning }: OperatorConfig): (PolicyDoor & { readonly tellLineage: TellLineage }) | undefined {
  if (learning === undefined) return undefined;
  const client = learningClient({ url: learning.url, credential: tokenFile(learning.tokenFile) });
  return {
    policies: client.policies,
    replacePolicies: async (...of) => void (await client.putPolicies(...of)),
    // A dataset that the data plane did not make is none of its business.
    tellLineage: (lineage, signal) =>
      client.lineage(lineage, signal).then(
        () => true,
        (error: unknown) => {
          if (error instanceof LearningApiError && (error.status === 404 || error.status === 400)) return false;
          throw error;
        },
      ),
  };
}

/** Objects that are not ours to read are not read: children carry our label. */
function sources(namespace: string): CacheSource[] {
  const all = (resource: Resource): CacheSource => ({ resource, namespace });
  const ours = (resource: Resource): CacheSource => ({
    resource,
    namespace,
    labelSelector: "app.kubernetes.io/managed-by=qi-learning",
  });
  return [
    ...[TrainingRuns, ModelVersions, QualityPolicies].map(all),
    ...[ConfigMaps, Jobs, Pods, Deployments, Services].map(ours),
  ];
}

function readConfig(path: string): OperatorConfig {
  const parsed = operatorConfig.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (!parsed.success) throw new Error(`${path}: ${problems(parsed.error, "config")}`);
  return parsed.data;
}
