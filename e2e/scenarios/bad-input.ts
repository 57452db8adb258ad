import { expect, test } from "vitest";
import { containerSecurityContext, podSecurityContext } from "../../controllers/common/security.ts";
import type { TrainingRun } from "../../src/api/v1alpha1/kinds.ts";
import { kubeconfigPath } from "../cluster/paths.ts";
import { loosen, restore } from "../contract/looser.ts";
import { Server } from "../contract/server.ts";
import { apply } from "../harness/install.ts";
import { until } from "../harness/objects.ts";
import { dataset, podsWith, type Stage, trainingRun } from "./stage.ts";

const GOOD = JSON.stringify({
  messages: [
    { role: "user", content: "Hello" },
    { role: "assistant", content: "Hello." },
  ],
});
/** Never to be seen again: not in a log, a message, an event, a status. */
const CANARY = "canary-5f1d-in-the-data";

/** A device that the real node says to have once it is told to. */
const TAKEN = "qi-learning.dev/gpu";

const reasonIs = (reason: string) => (run: TrainingRun) => run.status?.display?.reason === reason;

/** Makes the node offer `count` such devices, as Kubernetes documents it for extended resources. */
async function advertise({ on }: Stage, count: number): Promise<void> {
  const node = await on.kubectl(["get", "nodes", "--output", "jsonpath={.items[0].metadata.name}"]);
  const amount = { [TAKEN]: String(count) };
  const patch = JSON.stringify({ status: { capacity: amount, allocatable: amount } });
  await on.kubectl(["patch", "node", node, "--subresource=status", "--type=merge", "--patch", patch]);
}

/** A pod that takes the device and does nothing. */
function holder({ namespace, images }: Stage): object {
  const resources = { limits: { [TAKEN]: "1" } };
  const command = ["sleep", "600"];
  const container = { name: "holder", image: images.ollama, command, resources };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "holder", namespace },
    spec: {
      terminationGracePeriodSeconds: 0,
      securityContext: podSecurityContext,
      containers: [{ ...container, securityContext: containerSecurityContext }],
    },
  };
}

interface Case {
  readonly spec: (stage: Stage) => Promise<object>;
  readonly reason: string;
  readonly message: RegExp;
}

const CASES: Readonly<Record<string, Case>> = {
  "no-base": {
    spec: async () => ({ baseModel: { uri: "s3://models/nobody-made-this" } }),
    reason: "BaseModelMissing",
    message: /nobody-made-this|config\.json/,
  },
  "other-bytes": {
    spec: async ({ lesson }) => ({ dataset: { uri: lesson.uri, sha256: "0".repeat(64) } }),
    reason: "DatasetChecksumMismatch",
    message: /sha256/,
  },
  "bad-line": {
    spec: async (stage) => ({
      dataset: await dataset(stage, "bad-line", [GOOD, GOOD, `{"messages": "${CANARY}`, GOOD]),
    }),
    reason: "DatasetInvalid",
    message: /line 3/,
  },
  "no-assistant": {
    spec: async (stage) => ({
      dataset: await dataset(stage, "no-assistant", [
        JSON.stringify({ messages: [{ role: "user", content: CANARY }] }),
      ]),
    }),
    reason: "DatasetHasNoAssistantTurn",
    message: /assistant/,
  },
};

/** What a user can get wrong ends in a condition with a reason and what to do, never in a crash loop. */
export function badInput(stage: () => Stage): void {
  test("bad input fails a run once, says why, and starts nothing again", async () => {
    const { on, namespace } = stage();
    for (const [name, { spec }] of Object.entries(CASES))
      await apply(on, trainingRun(stage(), name, await spec(stage())));
    for (const [name, { reason, message }] of Object.entries(CASES)) {
      const run = await until(on, "tr", namespace, name, ({ status }) => status?.phase === "Failed", 180);
      const failed = run.status?.conditions?.find(({ type }) => type === "Succeeded");
      expect(failed, name).toMatchObject({ status: "False", reason });
      expect(failed?.message, name).toMatch(message);
      expect(run.status?.display?.reason, name).toBe(reason);
      const pods = await podsWith(stage(), `learning.qi.dev/run=${name}`);
      expect(pods, `${name}: one pod, no crash loop`).toHaveLength(1);
    }
  });

  test("no text of an example is in any log, event or status", async () => {
    const { on, namespace } = stage();
    const said: string[] = [await on.kubectl(["get", "tr,events,pods", "--namespace", namespace, "--output", "yaml"])];
    for (const pod of await podsWith(stage(), "learning.qi.dev/run")) {
      said.push(await on.kubectl(["logs", pod, "--namespace", namespace, "--all-containers", "--ignore-errors"]));
    }
    expect(said.join("\n")).not.toContain(CANARY);
  });

  test("a GPU that no node has is waited for, and told apart from one that is taken", async () => {
    const { on, namespace, lesson } = stage();
    await apply(on, trainingRun(stage(), "wants-gpu", { dataset: lesson, resources: { gpus: 1 } }));
    const never = await until(on, "tr", namespace, "wants-gpu", reasonIs("NoNodeFits"), 60);
    expect(never.status).toMatchObject({ phase: "Waiting", step: "Training", nextAttemptTime: expect.any(String) });
    expect(never.status?.message).toMatch(/Insufficient nvidia.com\/gpu/);
    await on.kubectl(["delete", "tr", "wants-gpu", "--namespace", namespace, "--wait"]);

    await advertise(stage(), 1);
    await apply(on, holder(stage()));
    await on.kubectl(["wait", "pod", "holder", "--namespace", namespace, "--for=condition=Ready", "--timeout=60s"]);
    const resources = { gpus: 1, gpuResource: TAKEN };
    await apply(on, trainingRun(stage(), "waits-its-turn", { dataset: lesson, resources }));
    const waiting = await until(on, "tr", namespace, "waits-its-turn", reasonIs("InsufficientGPU"), 60);
    expect(waiting.status?.message).toContain(`Insufficient ${TAKEN}`);
    await on.kubectl(["delete", "pod", "holder", "--namespace", namespace, "--wait", "--grace-period=0", "--force"]);
    await until(on, "tr", namespace, "waits-its-turn", ({ status }) => status?.phase === "Running", 120);
    await on.kubectl(["delete", "tr", "waits-its-turn", "--namespace", namespace, "--wait"]);
    await advertise(stage(), 0);
  });

  test("an image that cannot be pulled is named, and waited for", async () => {
    const { on, namespace, base } = stage();
    const image = "127.0.0.1:5000/nobody/pushed:this";
    const spec = { baseModel: { uri: base }, servedModel: "unpulled", serving: { image } };
    await apply(on, policy(namespace, "unpulled", spec));
    const run = await until(
      on,
      "tr",
      namespace,
      "unpulled-baseline",
      ({ status }) => status?.display?.reason === "ImageUnavailable",
      90,
    );
    expect(run.status?.message).toContain(image);
    await on.kubectl(["delete", "qp", "unpulled", "--namespace", namespace, "--wait"]);
  });

  test("a URI outside the installation's list is refused before anything is started", async () => {
    const { on, namespace } = stage();
    await apply(on, trainingRun(stage(), "elsewhere", { baseModel: { uri: "s3://another-tenant/model" } }));
    const run = await until(on, "tr", namespace, "elsewhere", ({ status }) => status?.phase === "Failed", 60);
    expect(run.status?.conditions).toContainEqual(
      expect.objectContaining({ type: "Valid", status: "False", reason: "UriNotAllowed" }),
    );
    expect(await podsWith(stage(), "learning.qi.dev/run=elsewhere")).toEqual([]);
  });

  test("what an older, looser CRD let in gives InvalidSpec, not a crash loop", async () => {
    const { on, namespace, base } = stage();
    await using server = await Server.connect(kubeconfigPath);
    await loosen(server);
    try {
      await apply(on, trainingRun(stage(), "from-before", { baseModel: { uri: base }, lora: { rank: 0 } }));
    } finally {
      await restore(server);
    }
    const run = await until(on, "tr", namespace, "from-before", invalidSpec, 90);
    expect(run.status?.message).toContain("spec.lora.rank");
    expect(await podsWith(stage(), "learning.qi.dev/run=from-before")).toEqual([]);
  });
}

export function policy(namespace: string, name: string, spec: object): object {
  return { apiVersion: "learning.qi.dev/v1alpha1", kind: "QualityPolicy", metadata: { name, namespace }, spec };
}

function invalidSpec({ status }: TrainingRun): boolean {
  return status?.conditions?.some(({ type, reason }) => type === "Valid" && reason === "InvalidSpec") === true;
}
