import { GetObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import type { ErasureView } from "../../src/api/learning/erasures.ts";
import type { InteractionInput } from "../../src/api/learning/interaction.ts";
import type { QualityPolicy } from "../../src/api/v1alpha1/kinds.ts";
import { feedbackOn, interactions } from "../../src/testing/interactions.ts";
import { loadImage } from "../cluster/images.ts";
import { s3Credentials } from "../cluster/s3.ts";
import { forwarded } from "../harness/forward.ts";
import { apply, ensureNamespace, install } from "../harness/install.ts";
import { until } from "../harness/objects.ts";
import { ensureServers } from "../harness/servers.ts";
import type { Target } from "../harness/target.ts";
import { policy } from "./bad-input.ts";
import { eventually, outsideStore, type Stage, storeSecret } from "./stage.ts";

const RELEASE = "qi-learning";

/** The data plane as the chart runs it: with a SQLite of its own, and on Postgres and Redis. */
export function dataPlane(stage: () => Stage): void {
  test("with SQLite: told its policy by the operator, it takes interactions, scores them, keeps them over a restart, and forgets a person with all that they reached", async () => {
    const namespace = "qi-data-sqlite";
    await using installed = await installDataPlane(stage(), namespace, { enabled: true });
    const { on, call } = installed;
    await collecting(on, namespace);
    const sent = await bringsAndScores(call, namespace);
    await on.kubectl(["rollout", "restart", `deployment/${RELEASE}-learning`, "--namespace", namespace]);
    await on.kubectl([
      "rollout",
      "status",
      `deployment/${RELEASE}-learning`,
      "--namespace",
      namespace,
      "--timeout=120s",
    ]);
    const { items } = (await call("GET", "/v1/interactions?limit=50")) as { items: unknown[] };
    expect(items).toHaveLength(40);
    expect(await call("GET", "/review")).toContain("<!doctype html>");
    await erases(stage(), call, namespace, sent);
  });

  test("with Postgres and Redis: two APIs and two workers share the work, and only the operator may say what the policies are", async () => {
    const namespace = "qi-data-postgres";
    const { on } = stage();
    await ensureNamespace(on, namespace);
    await servers(on, namespace);
    await using installed = await installDataPlane(
      stage(),
      namespace,
      {
        enabled: true,
        replicas: 2,
        database: { kind: "Postgres", existingSecret: "postgres", connections: 5 },
        queue: { existingSecret: "redis" },
        cache: { existingSecret: "redis" },
      },
      { replicas: 2 },
    );
    const { call } = installed;
    await collecting(on, namespace);
    await bringsAndScores(call, namespace);
    const { key } = (await call("POST", "/v1/keys", { name: "an agent", roles: ["agent"] })) as { key: string };
    await expect(call("PUT", "/v1/policies", { revision: 1000, policies: [] }, key)).rejects.toThrow(/403/);
  });
}

interface Installed extends AsyncDisposable {
  readonly on: Target;
  call(method: string, path: string, body?: unknown, key?: string): Promise<unknown>;
}

async function installDataPlane(
  stage: Stage,
  namespace: string,
  learning: object,
  worker?: object,
): Promise<Installed> {
  const { on, images } = stage;
  await ensureNamespace(on, namespace);
  await storeSecret(on, namespace, s3Credentials());
  const values = { ...outsideStore(s3Credentials().endpoint), learning, ...(worker === undefined ? {} : { worker }) };
  await install(on, { namespace, release: RELEASE, images, values });
  const secret = await on.kubectl([
    ...["get", "secret", `${RELEASE}-learning`, "--namespace", namespace],
    ...["--output", "jsonpath={.data.QI_ADMIN_KEY}"],
  ]);
  const admin = Buffer.from(secret, "base64").toString();
  const call = (method: string, path: string, body?: unknown, key = admin) =>
    forwarded(on, { namespace, service: `${RELEASE}-learning`, port: 80 }, async (url) => {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return answer.headers.get("content-type")?.includes("json") === true ? (JSON.parse(text) as unknown) : text;
    });
  return {
    on,
    call,
    [Symbol.asyncDispose]: async () => {
      await on.helm(["uninstall", RELEASE, "--namespace", namespace, "--wait", "--timeout", "2m"]);
      await on.kubectl(["delete", "namespace", namespace, "--wait", "--timeout=120s"]);
    },
  };
}

/** The operator tells the data plane of a policy, and says so in it. */
async function collecting(on: Target, namespace: string): Promise<void> {
  const dataset = { minExamples: 1, maxSharePerContributor: 1, split: { validation: 0, test: 0 } };
  const spec = { baseModel: { uri: "s3://models/tiny-qwen3" }, servedModel: "qi-coder", suspend: true, dataset };
  await apply(on, policy(namespace, "coder", spec));
  const inForce = ({ status }: QualityPolicy) =>
    status?.conditions?.some(({ type, status: is }) => type === "Collecting" && is === "True") === true;
  await until(on, "qp", namespace, "coder", inForce, 60);
}

async function bringsAndScores(call: Installed["call"], namespace: string): Promise<InteractionInput[]> {
  const stream = interactions({ seed: 5 });
  const items = Array.from({ length: 40 }, () => stream.next().value);
  const stored = (await call("POST", "/v1/interactions", { interactions: items })) as { results: unknown[] };
  expect(stored.results).toEqual(items.map(({ id }) => ({ id, status: 201 })));
  await call("POST", "/v1/feedback", { feedback: items.flatMap((item, seed) => feedbackOn(item, { seed })) });
  await eventually("every interaction has a score", async () => {
    const { waiting, inFlight } = (await call("GET", "/v1/queue")) as { waiting: number; inFlight: number };
    return waiting + inFlight === 0;
  });
  const query = new URLSearchParams({ policy: `${namespace}/coder` });
  const { overall } = (await call("GET", `/v1/quality/summary?${query}`)) as { overall?: { n: number } };
  expect(overall?.n).toBe(items.length);
  return items;
}

/** A version says that it was trained on a file of a dataset; the receipt of whoever is in it names both. */
async function erases(
  { on, s3 }: Stage,
  call: Installed["call"],
  namespace: string,
  items: readonly InteractionInput[],
): Promise<void> {
  const wanted = { policy: `${namespace}/coder`, minOverall: 0 };
  const { id } = (await call("POST", "/v1/datasets", wanted)) as { id: string };
  let built: { state: string; error?: string; result?: { sha256: string; train: { sha256: string }[] } } | undefined;
  await eventually("the dataset is built", async () => {
    built = (await call("GET", `/v1/tasks/${id}`)) as NonNullable<typeof built>;
    return built.state === "succeeded" || built.state === "failed";
  });
  expect(built?.state, built?.error).toBe("succeeded");
  const dataset = built?.result?.sha256 ?? "";
  const { manifest } = (await call("GET", `/v1/datasets/${dataset}`)) as { manifest: { members: { sha256: string } } };
  const Key = `datasets/${dataset}/${manifest.members.sha256}`;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: "learning", Key }));
  const [line = ""] = ((await Body?.transformToString()) ?? "").split("\n");
  const member: { id: string } = JSON.parse(line);
  const subject = items.find(({ id }) => id === member.id)?.subject;
  if (subject === undefined) throw new Error(`the dataset's first member is nobody's: ${line}`);
  const name = "coder-0badcafe";
  await apply(on, {
    apiVersion: "learning.qi.dev/v1alpha1",
    kind: "ModelVersion",
    metadata: { name, namespace },
    spec: {
      artifact: { uri: "s3://learning/models/a", sha256: "a".repeat(64), format: "GGUF", quantization: "Q8_0" },
      lineage: { baseModel: "tiny-qwen3", trainingRun: "a-run", dataset: built?.result?.train[0]?.sha256 },
      suspend: true,
    },
  });
  await eventually("the data plane knows what the version was trained on", async () =>
    (await on.kubectl(["logs", `deployment/${RELEASE}-operator`, "--namespace", namespace])).includes(
      "knows what it was trained on",
    ),
  );
  const begun = (await call("POST", "/v1/erasures", { subject })) as { id: string };
  let erased: ErasureView | undefined;
  await eventually("the person is forgotten", async () => {
    erased = (await call("GET", `/v1/erasures/${begun.id}`)) as ErasureView;
    return erased.state === "succeeded";
  });
  expect(erased?.receipt?.interactions).toBeGreaterThan(0);
  expect(erased?.receipt).toMatchObject({ datasets: [dataset], modelVersions: [name] });
}

/** A Postgres and a Redis beside it, from the images that the other tests use. */
async function servers(on: Target, namespace: string): Promise<void> {
  const made = await ensureServers();
  const images = {
    postgres: await loadImage(made.QI_POSTGRES_IMAGE ?? ""),
    redis: await loadImage(made.QI_REDIS_IMAGE ?? ""),
  };
  const ports = { postgres: 5432, redis: 6379 };
  for (const name of ["postgres", "redis"] as const) {
    const labels = { app: name };
    await apply(
      on,
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name, namespace },
        spec: { selector: labels, ports: [{ port: ports[name] }] },
      },
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace, labels },
        spec: serverPod(name, images[name], ports[name]),
      },
    );
  }
  await on.kubectl([
    "wait",
    "pod",
    "postgres",
    "redis",
    "--namespace",
    namespace,
    "--for=condition=Ready",
    "--timeout=60s",
  ]);
  const secret = (name: string, stringData: Record<string, string>) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    stringData,
  });
  await apply(
    on,
    secret("postgres", { QI_DATABASE_URL: "postgres://postgres:postgres@postgres:5432/postgres" }),
    secret("redis", { QI_QUEUE_REDIS_URL: "redis://redis:6379/0", QI_CACHE_REDIS_URL: "redis://redis:6379/1" }),
  );
}

function serverPod(name: string, image: string, port: number): object {
  return {
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER[name],
      fsGroup: USER[name],
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name,
        image,
        readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      },
    ],
  };
}

/** As Debian's packages make them in the images. */
const USER: Readonly<Record<string, number>> = { postgres: 100, redis: 100 };
