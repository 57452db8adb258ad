import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { apply } from "./install.ts";
import type { Target } from "./target.ts";

export interface LessonOptions {
  readonly namespace: string;
  readonly trainerImage: string;
  /** Secret with the object store's key, and its endpoint as pods reach it. */
  readonly storage: { readonly secret: string; readonly endpoint: string; readonly region: string };
  readonly baseUri: string;
  readonly datasetsUri: string;
  /** Pretraining steps of the base model; 200 are enough to know it by heart. */
  readonly steps?: number;
  readonly onProgress?: (line: string) => void;
}

export interface Lesson {
  readonly uri: string;
  readonly sha256: string;
}

const script = join(import.meta.dirname, "../data/docstrings.py");
const JOB = "qi-learning-lesson";

/**
 * Makes a tiny Qwen3 base model and a dataset for it, in the object store, by a Job with the training image: from real
 * text (docstrings of Python's standard library), with real training. The Job is named by its inputs, so a second call
 * finds it done.
 */
export async function makeLesson(on: Target, options: LessonOptions): Promise<Lesson> {
  const { namespace, baseUri, datasetsUri, steps = 200, onProgress = () => {} } = options;
  const source = readFileSync(script, "utf8");
  const inputs = JSON.stringify([source, options.trainerImage, baseUri, datasetsUri, steps]);
  const name = `${JOB}-${createHash("sha256").update(inputs).digest("hex").slice(0, 8)}`;
  await apply(
    on,
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { "docstrings.py": source } },
    job(name, options, steps),
  );
  onProgress(`Job ${name} trains a base model of two million parameters from scratch …`);
  await finished(on, namespace, name);
  const log = await on.kubectl(["logs", `job/${name}`, "--namespace", namespace, "--container", "lesson"]);
  const line = log.split("\n").find((text) => text.startsWith('{"event": "dataset"'));
  if (line === undefined) throw new Error(`Job ${name} printed no dataset`);
  const { uri, sha256 } = JSON.parse(line) as Lesson;
  return { uri, sha256 };
}

/** Looks now and then: `kubectl wait` knows one condition, and a Job can end in two. */
async function finished(on: Target, namespace: string, name: string): Promise<void> {
  const deadline = Date.now() + 15 * 60_000;
  const conditions = "{range .status.conditions[?(@.status=='True')]}{.type} {end}";
  for (;;) {
    const held = await on.kubectl(["get", "job", name, "--namespace", namespace, "--output", `jsonpath=${conditions}`]);
    if (held.includes("Complete")) return;
    if (held.includes("Failed") || Date.now() > deadline) {
      const log = await on.tryKubectl([
        "logs",
        `job/${name}`,
        "--namespace",
        namespace,
        "--all-containers",
        "--tail=5",
      ]);
      throw new Error(`Job ${name} in namespace ${namespace} has not succeeded (${held.trim()}): ${log.stdout}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function job(
  name: string,
  { namespace, trainerImage, storage, baseUri, datasetsUri }: LessonOptions,
  steps: number,
): object {
  const secret = (key: string) => ({ name: key, valueFrom: { secretKeyRef: { name: storage.secret, key } } });
  const container = (named: string, command: readonly string[]) => ({
    name: named,
    image: trainerImage,
    command,
    env: [
      secret("AWS_ACCESS_KEY_ID"),
      secret("AWS_SECRET_ACCESS_KEY"),
      { name: "AWS_REGION", value: storage.region },
      { name: "AWS_ENDPOINT_URL_S3", value: storage.endpoint },
      // One thread: as fast for a model this small, and it leaves the machine to others.
      { name: "OMP_NUM_THREADS", value: "1" },
    ],
    resources: { requests: { cpu: "200m", memory: "1Gi" }, limits: { memory: "3Gi" } },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
    volumeMounts: [
      { name: "script", mountPath: "/lesson", readOnly: true },
      { name: "work", mountPath: "/work" },
      { name: "tmp", mountPath: "/tmp" },
    ],
  });
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace },
    spec: {
      backoffLimit: 2,
      template: {
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 10001,
            fsGroup: 10001,
            seccompProfile: { type: "RuntimeDefault" },
          },
          volumes: [
            { name: "script", configMap: { name } },
            { name: "work", emptyDir: {} },
            { name: "tmp", emptyDir: {} },
          ],
          initContainers: [
            container("examples", ["python3", "/lesson/docstrings.py", "base", "/work/base.jsonl"]),
            container("base-model", [
              "python3",
              "-m",
              "trainer",
              "tiny-model",
              "--examples",
              "/work/base.jsonl",
              "--output",
              baseUri,
              "--steps",
              String(steps),
            ]),
          ],
          containers: [
            container("lesson", [
              "python3",
              "/lesson/docstrings.py",
              "lesson",
              "--base",
              baseUri,
              "--output",
              datasetsUri,
            ]),
          ],
        },
      },
    },
  };
}
