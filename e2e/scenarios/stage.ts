import { createHash } from "node:crypto";
import { CreateBucketCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { s3Client } from "../../src/artifacts/index.ts";
import { containerPid } from "../cluster/containerd.ts";
import { s3Credentials } from "../cluster/s3.ts";
import type { Images } from "../harness/images.ts";
import { apply, ensureNamespace, install } from "../harness/install.ts";
import { type Lesson, makeLesson } from "../harness/lesson.ts";
import { localTarget } from "../harness/local.ts";
import type { Target } from "../harness/target.ts";

/** One installation on the local cluster with its object store outside, where scenarios can break it, and a lesson in it. */
export interface Stage {
  readonly on: Target;
  readonly images: Images;
  readonly namespace: string;
  readonly release: string;
  readonly s3: S3Client;
  readonly lesson: Lesson;
  readonly base: string;
}

const SECRET = "qi-learning-s3";
export const BASE = "s3://models/tiny-qwen3";

/** Values by which an installation uses an object store of ours at `endpoint`. */
export function outsideStore(endpoint: string): Record<string, unknown> {
  return {
    objectStore: { enabled: false },
    // Has scenarios of its own.
    learning: { enabled: false },
    storage: {
      uri: "s3://learning",
      endpoint,
      region: "us-east-1",
      existingSecret: SECRET,
      allowedUris: ["s3://models"],
    },
    operator: { replicas: 1, logLevel: "debug", resources: { requests: { cpu: "50m", memory: "128Mi" } } },
  };
}

export async function openStage(namespace: string): Promise<Stage> {
  const text = process.env.QI_IMAGES;
  if (text === undefined)
    throw new Error("QI_IMAGES is not set: run the scenarios with `npm test`, which builds the images first.");
  const images = JSON.parse(text) as Images;
  const on = await localTarget();
  const release = "qi-learning";
  const s3 = await hostStore();
  await remove(on, namespace);
  await ensureNamespace(on, namespace);
  await storeSecret(on, namespace, s3Credentials());
  await install(on, { namespace, release, images, values: outsideStore(s3Credentials().endpoint) });
  const lesson = await makeLesson(on, {
    namespace,
    trainerImage: images.trainer,
    storage: { secret: SECRET, endpoint: s3Credentials().endpoint, region: s3Credentials().region },
    baseUri: BASE,
    datasetsUri: "s3://learning/datasets",
  });
  return { on, images, namespace, release, s3, lesson, base: BASE };
}

/** Uninstalls and deletes the namespace; both have to end. */
export async function closeStage({ on, namespace, release, s3 }: Stage): Promise<void> {
  await on.helm(["uninstall", release, "--namespace", namespace, "--wait", "--timeout", "2m"]);
  await on.kubectl(["delete", "namespace", namespace, "--wait", "--timeout=120s"]);
  s3.destroy();
}

async function remove(on: Target, namespace: string): Promise<void> {
  await on.tryKubectl(["delete", "namespace", namespace, "--ignore-not-found", "--wait", "--timeout=120s"]);
}

/** The cluster's own S3, with the buckets that an installation needs. */
async function hostStore(): Promise<S3Client> {
  const { endpoint, region, accessKeyId, secretAccessKey } = s3Credentials();
  const s3 = s3Client({
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  });
  await makeBuckets(s3);
  return s3;
}

export async function makeBuckets(s3: S3Client): Promise<void> {
  for (const Bucket of ["learning", "models"]) {
    await s3.send(new CreateBucketCommand({ Bucket })).catch((error: Error) => {
      if (!/BucketAlready/.test(error.name)) throw error;
    });
  }
}

export async function storeSecret(
  on: Target,
  namespace: string,
  keys: { readonly accessKeyId: string; readonly secretAccessKey: string },
): Promise<void> {
  const stringData = { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey };
  await apply(on, { apiVersion: "v1", kind: "Secret", metadata: { name: SECRET, namespace }, stringData });
}

/** Puts a dataset of these lines into the store. */
export async function dataset({ s3 }: Stage, name: string, lines: readonly string[]): Promise<Lesson> {
  const Body = Buffer.from(`${lines.join("\n")}\n`);
  await s3.send(new PutObjectCommand({ Bucket: "learning", Key: `datasets/${name}.jsonl`, Body }));
  return { uri: `s3://learning/datasets/${name}.jsonl`, sha256: createHash("sha256").update(Body).digest("hex") };
}

/** A TrainingRun of the scenarios: small, and quick to train. */
export function trainingRun(stage: Stage, name: string, spec: object): object {
  return {
    apiVersion: "learning.qi.dev/v1alpha1",
    kind: "TrainingRun",
    metadata: { name, namespace: stage.namespace },
    spec: {
      baseModel: { uri: stage.base },
      lora: { rank: 8, alpha: 16, dropout: 0 },
      optimization: { learningRate: 4e-3, epochs: 1, globalBatchSize: 8, maxSequenceLength: 256, checkpointSteps: 1 },
      // One life goes through all steps; faults are quicker without those before and after training.
      rehearsal: { method: "None" },
      evaluation: { method: "LossOnly" },
      ...spec,
    },
  };
}

/** Kills the process of a pod's container as the kernel would. */
export async function killContainer(namespace: string, pod: string, container: string): Promise<void> {
  process.kill(await containerPid(namespace, pod, container), "SIGKILL");
}

/** Names of the pods that carry a label, oldest first. */
export async function podsWith(
  { on, namespace }: Pick<Stage, "on" | "namespace">,
  selector: string,
): Promise<string[]> {
  const names = await on.kubectl([
    ...["get", "pods", "--namespace", namespace, "--selector", selector],
    ...["--sort-by=.metadata.creationTimestamp", "--output", "jsonpath={.items[*].metadata.name}"],
  ]);
  return names.split(" ").filter((name) => name !== "");
}

/** Looks again and again until `holds`; throws after `seconds`, naming what was awaited. */
export async function eventually(what: string, holds: () => Promise<boolean>, seconds = 120): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`${what}: not so after ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
