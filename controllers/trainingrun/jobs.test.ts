import { describe, expect, it } from "vitest";
import type { TrainingRun } from "../../src/api/v1alpha1/kinds.ts";
import type { ConfigMap, Job } from "../../src/kube/resources.ts";
import { run } from "../common/objects.fixture.ts";
import { exportJob, trainJob, trainService } from "./jobs.ts";
import { readBack } from "./resolve.ts";
import { adapter, attempt, recorded } from "./run.fixture.ts";

const made = (spec = {}): { train: Job; export: Job; map: ConfigMap; subject: TrainingRun } => {
  const [subject, , map] = recorded(run(spec));
  const resolved = readBack(map);
  return {
    train: trainJob(subject, resolved, attempt()),
    export: exportJob(subject, resolved, attempt(1, { adapter })),
    map,
    subject,
  };
};

/** The containers of a training pod, in the order in which they run. */
const steps = (spec: object): string[] => {
  const { initContainers = [], containers = [] } = made(spec).train.spec?.template.spec ?? {};
  return [...initContainers, ...containers].map(({ name }) => name);
};

describe("a run's Jobs", () => {
  it("let decided failures end them, pass over being told to stop, and try everything else again", () => {
    for (const { spec } of [made().train, made().export]) {
      expect(spec?.podFailurePolicy?.rules).toEqual([
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        { action: "Ignore", onExitCodes: { operator: "In", values: [75] } },
        { action: "FailJob", onExitCodes: { operator: "In", values: [42, 43, 44] } },
      ]);
      expect(spec).toMatchObject({ backoffLimit: 6, podReplacementPolicy: "Failed", activeDeadlineSeconds: 43200 });
      expect(spec?.template.spec?.restartPolicy).toBe("Never");
    }
  });

  it("run as nobody, on a filesystem that cannot be written, without the cluster's credentials", () => {
    for (const { spec } of [made().train, made().export]) {
      const pod = spec?.template.spec;
      expect(pod).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
      for (const container of [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])])
        expect(container.securityContext).toMatchObject({
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
        });
    }
  });

  it("name the secret with the store's key, and hold no key", () => {
    const env = made().train.spec?.template.spec?.containers[0]?.env ?? [];
    expect(env.find(({ name }) => name === "AWS_SECRET_ACCESS_KEY")).toEqual({
      name: "AWS_SECRET_ACCESS_KEY",
      valueFrom: { secretKeyRef: { name: "store", key: "AWS_SECRET_ACCESS_KEY" } },
    });
    expect(env).toContainEqual({ name: "AWS_ENDPOINT_URL_S3", value: "http://s3:9000" });
  });

  it("ask for the GPUs of the run where they train, and for none when it wants none", () => {
    const limits = (spec: object) => made(spec).train.spec?.template.spec?.containers[0]?.resources?.limits;
    expect(limits({ resources: { gpus: 2, gpuResource: "amd.com/gpu" } })).toMatchObject({ "amd.com/gpu": "2" });
    expect(limits({ resources: { gpus: 0 } })).toEqual({ memory: "8Gi" });
  });

  it("complete what is learnt from before they train: thinking for a hybrid model, rehearsal where it is asked for", () => {
    expect(steps({})).toEqual(["augment", "rehearse", "train", "evaluate"]);
    expect(steps({ rehearsal: { method: "None" } })).toEqual(["augment", "train", "evaluate"]);
    expect(steps({ rehearsal: { ratio: 0 } })).toEqual(["augment", "train", "evaluate"]);
    const plain = { baseModel: { uri: "s3://models/b", thinking: "NonThinking" } };
    expect(steps(plain)).toEqual(["rehearse", "train", "evaluate"]);
    const alone = { policyRef: undefined, baseModel: { uri: "s3://models/b" } };
    expect(steps(alone)).toEqual(["rehearse", "train", "evaluate"]);
  });

  it("end with training where only its own loss is wanted", () => {
    expect(steps({ evaluation: { method: "LossOnly" } })).toEqual(["augment", "rehearse", "train"]);
  });

  it("are several pods that meet at the first, where a model is trained on several nodes", () => {
    const [subject, , map] = recorded(run({ resources: { nodes: 4, gpus: 8 } }));
    const resolved = readBack(map);
    const { metadata, spec } = trainJob(subject, resolved, attempt(2));
    expect(spec).toMatchObject({ completionMode: "Indexed", completions: 4, parallelism: 4, backoffLimit: 24 });
    const service = trainService(subject, resolved);
    expect(service).toMatchObject({
      metadata: { name: "coder-x7k2p-train" },
      spec: { clusterIP: "None", publishNotReadyAddresses: true },
    });
    expect(spec?.template.metadata?.labels).toMatchObject(service?.spec?.selector ?? { none: "" });
    expect(spec?.template.spec?.subdomain).toBe(service?.metadata.name);
    const { initContainers = [], containers = [] } = spec?.template.spec ?? {};
    for (const { env } of [...initContainers, ...containers]) {
      expect(env).toContainEqual({ name: "QI_NODES", value: "4" });
      expect(env).toContainEqual({ name: "MASTER_ADDR", value: `${metadata.name}-0.coder-x7k2p-train` });
    }
  });

  it("are one pod with no Service where they train alone", () => {
    const { train, map, subject } = made();
    expect(train.spec).not.toHaveProperty("completionMode");
    expect(train.spec?.template.spec).not.toHaveProperty("subdomain");
    expect(trainService(subject, readBack(map))).toBeUndefined();
  });

  it("go where the run's podTemplate sends them, and keep our labels whatever it says", () => {
    const podTemplate = { nodeSelector: { pool: "gpu" }, labels: { team: "x", "learning.qi.dev/run": "another" } };
    const template = made({ podTemplate }).train.spec?.template;
    expect(template?.spec?.nodeSelector).toEqual({ pool: "gpu" });
    expect(template?.metadata?.labels).toMatchObject({ team: "x", "learning.qi.dev/run": "coder-x7k2p" });
  });

  it("get none of the run's own labels: GitOps tools prune by them", () => {
    const [subject, , map] = recorded(run({}, { labels: { "argocd.argoproj.io/instance": "prod" } }));
    const train = trainJob(subject, readBack(map), attempt());
    expect(Object.keys(train.metadata.labels ?? {})).not.toContain("argocd.argoproj.io/instance");
  });

  it("have names that fit a label, however long the run's and however many the attempts", () => {
    const name = `r${"x".repeat(46)}z`;
    const [subject, , map] = recorded(run({}, { name }));
    const train = exportJob(subject, readBack(map), attempt(20));
    expect(train.metadata.name.length).toBeLessThanOrEqual(63);
  });
});

describe("the trainer's configuration", () => {
  const { map } = made({ optimization: { learningRate: 2e-7 } });
  const config = JSON.parse(map.data?.["run.json"] ?? "");

  it("has exactly the keys that trainer-image/README.md names", () => {
    expect(Object.keys(config).sort()).toEqual(
      [
        "run",
        "storage",
        "baseModel",
        "dataset",
        "thinkingRatio",
        "lora",
        "optimization",
        "export",
        "serving",
        "rehearsal",
        "gradientMask",
        "evaluation",
      ].sort(),
    );
    expect(config.run).toEqual({ namespace: "learning", name: "coder-x7k2p", uid: "uid-of-coder-x7k2p" });
    expect(config.storage).toEqual({ uri: "s3://learning" });
    expect(Object.keys(config.optimization).sort()).toEqual([
      ...["checkpointSteps", "epochs", "globalBatchSize", "learningRate"],
      ...["maxSequenceLength", "microBatchSize", "seed", "warmupFraction"],
    ]);
    expect(config.serving).toEqual({ template: "{{ .Prompt }}", parameters: {}, contextLength: 2048 });
  });

  it("keeps a small learning rate a number", () => {
    expect(config.optimization.learningRate).toBe(2e-7);
  });
});
