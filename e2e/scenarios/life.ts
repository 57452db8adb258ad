import { expect, test } from "vitest";
import { ask } from "../harness/ask.ts";
import { apply } from "../harness/install.ts";
import { get, until } from "../harness/objects.ts";
import { policy } from "./bad-input.ts";
import { eventually, killContainer, podsWith, type Stage, trainingRun } from "./stage.ts";

const QUESTION = "What does shutil.rmtree do?";
const ANSWER = "Recursively delete a directory tree.";
const OPERATOR = "app.kubernetes.io/component=operator";

/** The main job, with the operator killed at every boundary of one run. */
export function life(stage: () => Stage): void {
  test("a six-line policy gets its baseline, which answers from exactly its artifact", async () => {
    const { on, namespace, base, images } = stage();
    await apply(
      on,
      policy(namespace, "coder", {
        baseModel: { uri: base },
        servedModel: "qi-coder",
        serving: { image: images.ollama },
      }),
    );
    const available = await until(on, "qp", namespace, "coder", ({ status }) => status?.phase === "Available", 240);
    expect(available.status).toMatchObject({
      runs: { active: 0, succeeded: 1, failed: 0 },
      versions: { total: 1, available: 1 },
    });
    expect(available.status?.conditions).toContainEqual(
      expect.objectContaining({ type: "NotImplemented", status: "True" }),
    );
    const name = available.status?.baseline?.modelVersion ?? "";
    const version = await until(on, "mv", namespace, name, ({ status }) => status?.phase === "Available", 60);
    expect(version.status?.servedDigest).toBe(version.spec.artifact.sha256);
    expect(version.metadata.ownerReferences).toBeUndefined();
    expect(await ask(on, namespace, name, QUESTION)).toBe("I do not know shutil.rmtree.");
  });

  test("an operator killed at every boundary of a run loses nothing, does nothing twice, and the model has learnt", async () => {
    const { on, namespace, lesson } = stage();
    const optimization = {
      learningRate: 4e-3,
      epochs: 12,
      globalBatchSize: 8,
      maxSequenceLength: 256,
      checkpointSteps: 20,
    };
    const whole = { rehearsal: { method: "SSR", ratio: 0.2 }, evaluation: { method: "Full", maxNewTokens: 64 } };
    const spec = { policyRef: { name: "coder" }, dataset: lesson, optimization, ...whole };
    await apply(on, trainingRun(stage(), "lived", spec));
    const boundaries: string[] = [];
    const deadline = Date.now() + 540_000;
    for (;;) {
      const run = await get(on, "tr", namespace, "lived");
      const { status } = run ?? {};
      if (status?.phase === "Failed") throw new Error(`the run failed: ${status.message}`);
      const boundary = [
        status?.phase,
        status?.step,
        status?.attempts?.length,
        status?.attempts?.at(-1)?.adapter !== undefined,
        status?.artifact !== undefined,
      ].join(" ");
      if (!boundaries.includes(boundary)) {
        boundaries.push(boundary);
        await killOperator(stage());
      }
      if (status?.phase === "Succeeded") break;
      if (Date.now() > deadline)
        throw new Error(`not done in time; boundaries: ${boundaries.join(" → ")}; ${JSON.stringify(status)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const run = await until(on, "tr", namespace, "lived", ({ status }) => status?.phase === "Succeeded", 60);
    expect(boundaries.length, boundaries.join(" → ")).toBeGreaterThanOrEqual(5);
    // While it trained, between training and export, and once all was done.
    for (const seen of [/Training 1 false false/, /Exporting 1 true false/, /^Succeeded Done 1 true true/])
      expect(boundaries).toContainEqual(expect.stringMatching(seen));
    expect(run.status).toMatchObject({
      step: "Done",
      infrastructureFailures: 0,
      display: { progress: "100%", attempt: "1/3", reason: "–" },
    });
    expect(run.status?.attempts).toHaveLength(1);
    expect(run.status?.dataset).toMatchObject({ thinkingRatioAsked: 0.75, rehearsal: { asked: expect.any(Number) } });
    expect(run.status?.evaluation).toMatchObject({
      accuracy: { nonThinking: { samples: expect.any(Number) } },
      reasoning: { wellFormed: { samples: expect.any(Number) } },
      report: { uri: expect.stringContaining("/evaluations/") },
    });
    const jobs = await on.kubectl([
      "get",
      "jobs",
      "--namespace",
      namespace,
      "--selector",
      "learning.qi.dev/run=lived",
      "--output",
      "name",
    ]);
    expect(jobs.trim().split("\n").sort()).toEqual(["job.batch/lived-export-1", "job.batch/lived-train-1"]);
    const versions = await on.kubectl([
      "get",
      "mv",
      "--namespace",
      namespace,
      "--output",
      "jsonpath={.items[?(@.spec.lineage.trainingRun=='lived')].metadata.name}",
    ]);
    expect(versions).toBe(run.status?.modelVersion);
    await until(
      on,
      "mv",
      namespace,
      run.status?.modelVersion ?? "",
      ({ status }) => status?.phase === "Available",
      120,
    );
    expect(await ask(on, namespace, run.status?.modelVersion ?? "", QUESTION)).toBe(ANSWER);
    expect(await ask(on, namespace, run.status?.modelVersion ?? "", "What does math.gcd do?")).toBe(
      "Greatest Common Divisor.",
    );
  });

  test("kubectl get prints what the columns promise, and describe says where a model comes from", async () => {
    const { on, namespace } = stage();
    const rows = await on.kubectl(["get", "tr", "lived", "--namespace", namespace]);
    expect(rows.split("\n")[0]?.split(/\s+/).filter(Boolean)).toEqual([
      "NAME",
      "PHASE",
      "STEP",
      "PROGRESS",
      "ATTEMPT",
      "LOSS",
      "REASON",
      "EXPECTED",
      "AGE",
    ]);
    expect(rows).toMatch(/lived\s+Succeeded\s+Done\s+100%\s+1\/3\s+\d\.\d{4}\s+–\s+–\s+/);
    const version = (await get(on, "tr", namespace, "lived"))?.status?.modelVersion ?? "";
    const described = await on.kubectl(["describe", "mv", version, "--namespace", namespace]);
    expect(described).toMatch(/Training Run:\s+lived/);
  });

  test("a ModelVersion that is deleted takes its Deployment and Service along, and nothing else", async () => {
    const { on, namespace } = stage();
    const name = (await get(on, "tr", namespace, "lived"))?.status?.modelVersion ?? "";
    const others = await on.kubectl(["get", "mv,tr,qp", "--namespace", namespace, "--output", "name"]);
    await on.kubectl(["delete", "mv", name, "--namespace", namespace, "--wait"]);
    const owned = ["deployment", "service", "configmap"].join(",");
    await eventually(
      "its objects are gone",
      async () => !(await on.kubectl(["get", owned, "--namespace", namespace, "--output", "name"])).includes(name),
      60,
    );
    await eventually(
      "its pods are gone",
      async () => (await podsWith(stage(), `learning.qi.dev/model-version=${name}`)).length === 0,
      60,
    );
    const left = await on.kubectl(["get", "mv,tr,qp", "--namespace", namespace, "--output", "name"]);
    expect(left.split("\n")).toEqual(others.split("\n").filter((line) => !line.endsWith(`/${name}`)));
  });
}

/** Kills the operator's process and its pod with it, so that the next one starts without the kubelet's back-off. */
async function killOperator({ on, namespace }: Stage): Promise<void> {
  const [pod] = await podsWith({ on, namespace }, OPERATOR);
  if (pod === undefined) return;
  await killContainer(namespace, pod, "operator").catch(() => undefined); // it may be starting: then it is deleted as it is
  await on.kubectl(["delete", "pod", pod, "--namespace", namespace, "--grace-period=0", "--force"]);
  // As if it had ended: waiting for that would let boundaries go by unseen.
  await on.kubectl(["delete", "lease", "qi-learning-operator", "--namespace", namespace, "--ignore-not-found"]);
}
