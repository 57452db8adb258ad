import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { s3Client } from "../../src/artifacts/index.ts";
import { bridge, stateDir } from "../cluster/paths.ts";
import { findProcess, startProcess, stopProcess } from "../cluster/processes.ts";
import { s3Credentials } from "../cluster/s3.ts";
import { ensureTool } from "../cluster/tools.ts";
import { apply, ensureNamespace, install } from "../harness/install.ts";
import { makeLesson } from "../harness/lesson.ts";
import { until } from "../harness/objects.ts";
import { policy } from "./bad-input.ts";
import { BASE, eventually, makeBuckets, outsideStore, type Stage, storeSecret } from "./stage.ts";

const NAMESPACE = "qi-second";
const PORT = 7071;
const STORE = "versitygw-small";
const folder = join(stateDir, "small-store");
const MIB = 1024 * 1024;

/** A second installation beside the first, on an object store of 24 MiB: a small tmpfs that a filler makes full. */
export function secondInstall(stage: () => Stage): void {
  test("two installations live side by side; a full store is waited for; uninstalling and deleting the namespace both end", async () => {
    const { on, images, release } = stage();
    const endpoint = await startSmallStore();
    try {
      await ensureNamespace(on, NAMESPACE);
      await storeSecret(on, NAMESPACE, s3Credentials());
      await install(on, { namespace: NAMESPACE, release, images, values: outsideStore(endpoint) });
      const storage = { secret: "qi-learning-s3", endpoint, region: "us-east-1" };
      const datasetsUri = "s3://learning/datasets";
      await makeLesson(on, {
        namespace: NAMESPACE,
        trainerImage: images.trainer,
        storage,
        baseUri: BASE,
        datasetsUri,
        steps: 10,
      });

      fill();
      await apply(on, policy(NAMESPACE, "coder", { baseModel: { uri: BASE }, servedModel: "qi-coder" }));
      const full = await until(
        on,
        "tr",
        NAMESPACE,
        "coder-baseline",
        ({ status }) => status?.display?.reason === "StorageFull",
        180,
      );
      expect(full.status).toMatchObject({ phase: "Waiting", step: "Exporting" });

      rmSync(join(folder, "filler"));
      const run = await until(
        on,
        "tr",
        NAMESPACE,
        "coder-baseline",
        ({ status }) => status?.phase === "Succeeded" || status?.phase === "Failed",
        240,
      );
      expect(run.status?.phase, run.status?.message).toBe("Succeeded");
      await until(on, "qp", NAMESPACE, "coder", ({ status }) => status?.phase === "Available", 120);
      const others = await on.kubectl(["get", "mv", "--namespace", stage().namespace, "--output", "name"]);
      expect(others, "the other namespace's version is another operator's").not.toContain(run.status?.modelVersion);

      await on.helm(["uninstall", release, "--namespace", NAMESPACE, "--wait", "--timeout", "2m"]);
      await on.kubectl(["delete", "namespace", NAMESPACE, "--wait", "--timeout=180s"]);
      expect((await on.tryKubectl(["get", "namespace", NAMESPACE])).code).not.toBe(0);
    } finally {
      await on.tryKubectl(["delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait", "--timeout=120s"]);
      await stopSmallStore();
    }
  });
}

async function startSmallStore(): Promise<string> {
  await stopSmallStore();
  mkdirSync(folder, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", folder]);
  mkdirSync(join(folder, "data"));
  const { accessKeyId, secretAccessKey, region } = s3Credentials();
  startProcess(STORE, {
    program: await ensureTool("versitygw"),
    args: ["--port", `${bridge.address}:${PORT}`, "--region", region, "posix", join(folder, "data")],
    env: { ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey },
  });
  const endpoint = `http://${bridge.address}:${PORT}`;
  const s3 = s3Client({
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  });
  await eventually(
    "the small store answers",
    async () => {
      await makeBuckets(s3);
      return true;
    },
    20,
  );
  s3.destroy();
  return endpoint;
}

async function stopSmallStore(): Promise<void> {
  if (findProcess(STORE) !== undefined) await stopProcess(STORE);
  try {
    execFileSync("umount", [folder], { stdio: "ignore" });
  } catch {
    // It was not mounted.
  }
}

/** Leaves less room than any model needs. */
function fill(): void {
  const chunk = Buffer.alloc(MIB / 4);
  for (let count = 0; count < 200; count++) {
    try {
      writeFileSync(join(folder, "filler"), chunk, { flag: "a" });
    } catch {
      return;
    }
  }
  throw new Error("the small store is not small");
}
