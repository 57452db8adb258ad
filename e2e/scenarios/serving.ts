import { join } from "node:path";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { docker } from "../cluster/docker.ts";
import { loadImage } from "../cluster/images.ts";
import { s3Credentials } from "../cluster/s3.ts";
import { ask } from "../harness/ask.ts";
import { apply, imageValues } from "../harness/install.ts";
import { get, until } from "../harness/objects.ts";
import { eventually, killContainer, outsideStore, podsWith, type Stage } from "./stage.ts";

const charts = join(import.meta.dirname, "../../charts");

/** A version answers from exactly its artifact or not at all, and says why not. */
export function serving(stage: () => Stage): void {
  test("Ollama killed while it answers: the version stops being Available, says why, and comes back by itself", async () => {
    const { on, namespace } = stage();
    const name = await baseline(stage());
    const [pod = ""] = await podsWith(stage(), `learning.qi.dev/model-version=${name}`);
    const answers = ask(on, namespace, name, "What does os.path.join do?").catch(() => "cut");
    await killContainer(namespace, pod, "ollama");
    await answers;
    const down = await until(on, "mv", namespace, name, ({ status }) => status?.phase !== "Available", 60);
    expect(down.status?.servedDigest).toBeUndefined();
    expect(down.status?.display?.reason).not.toBe("–");
    const back = await until(on, "mv", namespace, name, ({ status }) => status?.phase === "Available", 120);
    expect(back.status?.servedDigest).toBe(back.spec.artifact.sha256);
    expect(await ask(on, namespace, name, "What does math.gcd do?")).toBe("Greatest Common Divisor.");
    expect(await podsWith(stage(), `learning.qi.dev/model-version=${name}`)).toEqual([pod]);
  });

  test("Ollama killed while it loads: the version becomes Available all the same", async () => {
    const { on, namespace } = stage();
    const original = await get(on, "mv", namespace, await baseline(stage()));
    const name = "killed-loading";
    await apply(on, version(namespace, name, original?.spec.artifact ?? {}));
    await eventually(
      "its pod runs Ollama",
      async () => {
        const [pod] = await podsWith(stage(), `learning.qi.dev/model-version=${name}`);
        await killContainer(namespace, pod ?? "", "ollama");
        return true;
      },
      60,
    );
    await until(on, "mv", namespace, name, ({ status }) => status?.phase === "Available", 120);
    await on.kubectl(["delete", "mv", name, "--namespace", namespace, "--wait"]);
  });

  test("a GGUF truncated in the store is never served: Failed, with both checksums' story, and the pod stays to tell", async () => {
    const { on, namespace, s3 } = stage();
    const original = await get(on, "mv", namespace, await baseline(stage()));
    const artifact = original?.spec.artifact;
    if (artifact === undefined) throw new Error("no baseline");
    const key = artifact.uri.replace("s3://learning/", "");
    const whole = await (
      await s3.send(new GetObjectCommand({ Bucket: "learning", Key: key }))
    ).Body?.transformToByteArray();
    if (whole === undefined) throw new Error(`${artifact.uri} is empty`);
    await s3.send(new PutObjectCommand({ Bucket: "learning", Key: "models/truncated", Body: whole.slice(0, 100_000) }));
    const { size: _size, ...rest } = artifact;
    await apply(on, version(namespace, "truncated", { ...rest, uri: "s3://learning/models/truncated" }));
    const failed = await until(on, "mv", namespace, "truncated", ({ status }) => status?.phase === "Failed", 90);
    expect(failed.status?.conditions).toContainEqual(
      expect.objectContaining({ type: "Available", status: "False", reason: "DigestMismatch" }),
    );
    expect(failed.status?.servedDigest).toBeUndefined();
    const [pod = ""] = await podsWith(stage(), "learning.qi.dev/model-version=truncated");
    const restarts = await on.kubectl([
      "get",
      "pod",
      pod,
      "--namespace",
      namespace,
      "--output",
      "jsonpath={.status.initContainerStatuses[0].restartCount}",
    ]);
    expect(restarts, "the sidecar stays and says why").toBe("0");
    await on.kubectl(["delete", "mv", "truncated", "--namespace", namespace, "--wait"]);
  });

  test("a version that is suspended has no pod, and comes back", async () => {
    const { on, namespace } = stage();
    const name = await baseline(stage());
    const suspend = (suspended: boolean) =>
      on.kubectl([
        "patch",
        "mv",
        name,
        "--namespace",
        namespace,
        "--type=merge",
        "--patch",
        JSON.stringify({ spec: { suspend: suspended } }),
      ]);
    await suspend(true);
    await until(on, "mv", namespace, name, ({ status }) => status?.phase === "Suspended" && status.replicas === 0, 60);
    await suspend(false);
    await until(on, "mv", namespace, name, ({ status }) => status?.phase === "Available", 120);
  });

  test("an operator that is upgraded restarts no model", async () => {
    const { on, namespace, release, images } = stage();
    const name = await baseline(stage());
    const pods = await identities(stage());
    expect(pods).not.toBe("");
    // Named after what it is made from: a cluster that has lived longer may hold an older one under a fixed name.
    const newer = `${images.operator}-upgraded`;
    await docker(["pull", "--quiet", images.operator]);
    await docker(["tag", images.operator, newer]);
    await loadImage(newer);
    const values = { images: { ...imageValues(images), operator: newer }, ...outsideStore(s3Credentials().endpoint) };
    await on.helm([
      ...[
        "upgrade",
        release,
        join(charts, "qi-learning"),
        "--namespace",
        namespace,
        "--values",
        join(charts, "qi-learning/values-dev.yaml"),
      ],
      ...Object.entries(values).flatMap(([key, value]) => ["--set-json", `${key}=${JSON.stringify(value)}`]),
      ...["--wait", "--timeout", "3m"],
    ]);
    await eventually(
      "the new operator leads",
      async () => {
        const now = await on.kubectl([
          "get",
          "lease",
          "qi-learning-operator",
          "--namespace",
          namespace,
          "--output",
          "jsonpath={.spec.holderIdentity}",
        ]);
        const [pod = ""] = (await podsWith(stage(), "app.kubernetes.io/component=operator")).slice(-1);
        return now.startsWith(pod) && pod !== "";
      },
      60,
    );
    // It has seen the version: a change is carried out by the new one.
    await until(on, "mv", namespace, name, ({ status }) => status?.phase === "Available", 60);
    expect(await identities(stage())).toBe(pods);
  });
}

/** Name, uid and restarts of every serving pod. */
function identities({ on, namespace }: Stage): Promise<string> {
  const path = "{range .items[*]}{.metadata.name} {.metadata.uid} {.status.containerStatuses[*].restartCount}\n{end}";
  return on.kubectl([
    "get",
    "pods",
    "--namespace",
    namespace,
    "--selector",
    "learning.qi.dev/model-version",
    "--output",
    `jsonpath=${path}`,
  ]);
}

async function baseline({ on, namespace }: Stage): Promise<string> {
  const policy = await get(on, "qp", namespace, "coder");
  const name = policy?.status?.baseline?.modelVersion;
  if (name === undefined) throw new Error("policy coder has no baseline: the scenarios of life.ts come first");
  return name;
}

function version(namespace: string, name: string, artifact: object): object {
  const spec = { policyRef: { name: "coder" }, artifact };
  return { apiVersion: "learning.qi.dev/v1alpha1", kind: "ModelVersion", metadata: { name, namespace }, spec };
}
