import { parseArgs } from "node:util";
import { progress } from "../e2e/cluster/shell.ts";
import { ask } from "../e2e/harness/ask.ts";
import { install } from "../e2e/harness/install.ts";
import { makeLesson } from "../e2e/harness/lesson.ts";
import { until } from "../e2e/harness/objects.ts";
import { ownCluster, usersCluster } from "./demo/cluster.ts";
import { watch } from "./demo/watch.ts";

const usage = `usage: npm run demo [-- --context NAME [--push PREFIX]]

Installs qi-learning, trains a small model from real text and asks it what its base did not know.
  --context NAME   use this context of your kubeconfig instead of starting a cluster on this machine
  --push PREFIX    push the images to this registry (registry.example.com/you) for that cluster;
                   not needed for kind and k3d, which load images directly`;

const NAMESPACE = "learning";
const RELEASE = "qi-learning";
const BASE = "s3://models/tiny-qwen3";
const QUESTION = "What does shutil.rmtree do?";

const POLICY = `apiVersion: learning.qi.dev/v1alpha1
kind: QualityPolicy
metadata: { name: coder }
spec:
  baseModel: { uri: ${BASE} }
  servedModel: qi-coder
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { context: { type: "string" }, push: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help === true) return void console.log(usage);
  const startedAt = Date.now();
  const { on, images, down } =
    values.context === undefined ? await ownCluster() : await usersCluster(values.context, values.push);

  progress("Installing the charts …");
  await install(on, { namespace: NAMESPACE, release: RELEASE, images });
  progress(`The operator is ready ${seconds(startedAt)} s after the start.`);

  progress("Making a base model, and a lesson in what it does not know …");
  const storage = {
    secret: `${RELEASE}-object-store`,
    endpoint: `http://${RELEASE}-object-store.${NAMESPACE}.svc:7070`,
    region: "us-east-1",
  };
  const lesson = await makeLesson(on, {
    namespace: NAMESPACE,
    trainerImage: images.trainer,
    storage,
    baseUri: BASE,
    datasetsUri: "s3://learning/datasets",
    onProgress: progress,
  });

  console.log(
    "\nA QualityPolicy of six lines begins a learning loop; its first version is the base model, unchanged:\n",
  );
  console.log(indent(POLICY));
  await on.kubectl(["apply", "--namespace", NAMESPACE, "--filename", "-"], POLICY);
  await watch(on, NAMESPACE, async () => {
    await until(on, "qp", NAMESPACE, "coder", ({ status }) => status?.phase === "Available", 900);
  });

  const run = "coder-lesson";
  console.log("\nA TrainingRun makes the next version, from the lesson:\n");
  const yaml = runYaml(run, lesson);
  console.log(indent(yaml));
  await on.kubectl(["delete", "tr", run, "--namespace", NAMESPACE, "--ignore-not-found", "--wait"]);
  await on.kubectl(["apply", "--namespace", NAMESPACE, "--filename", "-"], yaml);
  const tuned = await watch(on, NAMESPACE, async () => {
    const ended = await until(
      on,
      "tr",
      NAMESPACE,
      run,
      ({ status }) => status?.phase === "Succeeded" || status?.phase === "Failed",
      1200,
    );
    const version = ended.status?.modelVersion;
    if (ended.status?.phase !== "Succeeded" || version === undefined)
      throw new Error(`TrainingRun ${run} failed: ${ended.status?.message}`);
    await until(on, "mv", NAMESPACE, version, ({ status }) => status?.phase === "Available", 300);
    return version;
  });

  const baselineRun = await until(
    on,
    "tr",
    NAMESPACE,
    "coder-baseline",
    ({ status }) => status?.modelVersion !== undefined,
    10,
  );
  const baseline = baselineRun.status?.modelVersion ?? "";
  console.log(`\nBoth are asked: ${QUESTION}\n`);
  const before = await ask(on, NAMESPACE, baseline, QUESTION);
  const after = await ask(on, NAMESPACE, tuned, QUESTION);
  console.log(`  ${baseline} (baseline)  ${before}`);
  console.log(`  ${tuned} (trained)   ${after}`);
  if (before === after) throw new Error("both models answer the same: training has changed nothing");

  const kubectl = `${on.kubectlWords} --namespace ${NAMESPACE}`;
  console.log(`
Done in ${seconds(startedAt)} s. Look around:

  ${kubectl} get qp,tr,mv
  ${kubectl} describe tr ${run}
  ${kubectl} explain tr.spec.lora
  ${kubectl} logs deployment/${RELEASE}-operator

Take it down:

${indent(down)}
`);
}

function runYaml(name: string, { uri, sha256 }: { uri: string; sha256: string }): string {
  return `apiVersion: learning.qi.dev/v1alpha1
kind: TrainingRun
metadata: { name: ${name} }
spec:
  policyRef: { name: coder }
  dataset:
    uri: ${uri}
    sha256: ${sha256}
  lora: { rank: 8, alpha: 16, dropout: 0 }
  optimization: { learningRate: 4e-3, epochs: 12, globalBatchSize: 8, maxSequenceLength: 256 }
`;
}

function indent(text: string): string {
  return text.trimEnd().replace(/^/gm, "  ");
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1000);
}

try {
  await main();
} catch (error) {
  console.error(`\nThe demo stopped: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
