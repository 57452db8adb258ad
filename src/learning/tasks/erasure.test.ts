import { mkdtempSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ArtifactError, type ArtifactStore, folderStore } from "../../artifacts/index.ts";
import { ManualClock } from "../../testing/clock.ts";
import { silentLog } from "../../testing/log.ts";
import { type DatasetTaskResult, datasetTask } from "../dataset/index.ts";
import { readShard } from "../dataset/read-shard.ts";
import { policyOf } from "../dataset/testing/candidates.ts";
import { openSqlite, type Store } from "../store/index.ts";
import { feedback, idAt, interaction, keyOf, score } from "../store/testing/sample.ts";
import type { TaskContext } from "../worker/tasks.ts";
import { erasureTask } from "./erasure.ts";
import { eraseAgain } from "./erasure-records.ts";

const TENANT = "team";
const ANN = "a".repeat(64);
const BOB = "b".repeat(64);
const ERASURE = "019ee000-0000-7000-8000-00000000e4a5";
const running: TaskContext = { heartbeat: () => {}, signal: new AbortController().signal };

describe("erasing a person", () => {
  const clock = new ManualClock();
  let folder: string;
  let artifacts: ArtifactStore;
  let store: Store;
  const openStore = () =>
    openSqlite({ folder: join(folder, "db"), secret: Buffer.alloc(32, 7), clock: () => clock.now() });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "qi-erasure-"));
    artifacts = folderStore(join(folder, "artifacts"));
    store = await openStore();
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const use = async (subject: string, text: string) => {
    const now = clock.now();
    const item = interaction({
      tenant: TENANT,
      id: idAt(now),
      facts: { at: now, subject },
      content: { input: `Why ${text}?`, output: `Because ${text}.` },
    });
    await store.interactions.accept([item], now);
    await store.interactions.acceptFeedback([feedback(keyOf(item), { type: "comment", text }, { id: idAt(now) })], now);
    await store.assessments.put([score(keyOf(item), { feedbackSeq: 1, at: now })], now);
    return keyOf(item);
  };
  const build = async (from = store, context = running) => {
    const asOf = new Date(clock.now()).toISOString();
    const run = datasetTask({
      store: from,
      artifacts,
      policies: {
        named: () => policyOf(),
        current: () => ({ revision: 1, policies: [policyOf()] }),
        refresh: async () => {},
      },
      workspace: () => mkdtempSync(join(folder, "work-")),
      clock,
      log: silentLog,
      threads: 1,
    });
    return (await run(
      taskOf("dataset", { policy: "team/coder", asOf, minOverall: 0.5 }),
      context,
    )) as DatasetTaskResult;
  };
  const erase = (subject: string, from: ArtifactStore = artifacts) =>
    erasureTask({ erasures: store.erasures, artifacts: from, clock })(taskOf("erasure", { subject }, ERASURE), running);
  const filesBelow = async (prefix: string) => {
    const uris: string[] = [];
    for await (const { uri } of artifacts.list(prefix)) uris.push(uri);
    return uris;
  };
  const filesOf = (sha256: string) => filesBelow(`datasets/${sha256}/`);
  const texts = async (dataset: DatasetTaskResult) =>
    JSON.stringify(await Promise.all(dataset.train.map(({ uri }) => readShard(fileURLToPath(uri)))));

  it("takes the files of every dataset that held something of theirs, and of no other", async () => {
    await use(BOB, "the bob");
    const without = await build();
    await use(ANN, "the canary sings");
    await clock.advance(1);
    const held = await build();
    expect(await texts(held)).toContain("the canary sings");
    expect(await erase(ANN)).toMatchObject({ interactions: 1, feedback: 1, datasets: [held.sha256] });
    expect(await filesOf(held.sha256)).toEqual([]);
    expect(await texts(without)).toContain("the bob");
    expect((await store.datasets.get(TENANT, held.sha256))?.erasedAt).toBe(clock.now());
    for (const file of await readdir(folder, { recursive: true, withFileTypes: true }))
      if (file.isFile())
        expect((await readFile(join(file.parentPath, file.name))).includes("canary sings")).toBe(false);
    expect(await texts(await build())).not.toContain("canary");
  });

  it("waits for an object store that is away, and ends what a run before it began", async () => {
    await use(ANN, "the canary");
    const { sha256 } = await build();
    let away = 3;
    const shaky: ArtifactStore = {
      ...artifacts,
      remove: async (uri) => {
        if (away-- > 0) throw new ArtifactError("Unavailable", uri, "away");
        await artifacts.remove(uri);
      },
    };
    const erasing = erase(ANN, shaky);
    while (away >= 0) {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(1000);
    }
    expect(await erasing).toMatchObject({ datasets: [sha256] });
    expect(await filesOf(sha256)).toEqual([]);
    expect(await erase(ANN)).toMatchObject({ datasets: [sha256] });
  });

  it("also where they stand in a dataset that was being built meanwhile: it is not kept, and built again without", async () => {
    await use(ANN, "the canary");
    await use(BOB, "the bob");
    const meanwhile: Store = {
      ...store,
      datasets: {
        ...store.datasets,
        add: async (record, members) => {
          await erase(ANN);
          await store.datasets.add(record, members);
        },
      },
    };
    await expect(build(meanwhile)).rejects.toMatchObject({ code: "ErasedMeanwhile", retryable: true });
    expect(await filesBelow("datasets/")).toEqual([]);
    const again = await texts(await build());
    expect(again).toContain("the bob");
    expect(again).not.toContain("canary");
  });

  it("holds also after the database was restored from before: it is begun again under its own id", async () => {
    const hers = await use(ANN, "the canary");
    await store.close();
    await cp(join(folder, "db"), join(folder, "backup"), { recursive: true });
    store = await openStore();
    await erase(ANN);
    const at = { artifacts, store, tenant: TENANT, now: clock.now() };
    expect(await eraseAgain(at)).toEqual({ begun: 0, rows: 0 });

    await store.close();
    await rm(join(folder, "db"), { recursive: true });
    await cp(join(folder, "backup"), join(folder, "db"), { recursive: true });
    store = await openStore();
    expect(await store.interactions.load([hers])).toHaveLength(1);
    expect(await eraseAgain({ ...at, store })).toEqual({ begun: 1, rows: 0 });
    expect(await store.tasks.claim(["erasure"], "worker", 1000, clock.now())).toMatchObject({
      id: ERASURE,
      input: { subject: ANN },
    });
    await erase(ANN);
    expect(await store.interactions.load([hers])).toEqual([]);
    expect(await eraseAgain({ ...at, store })).toEqual({ begun: 0, rows: 0 });
  });
});

const taskOf = (kind: string, input: unknown, id = kind) => ({
  id,
  tenant: TENANT,
  kind,
  input,
  state: "running" as const,
  attempts: 1,
  progress: 0,
  result: undefined,
  error: undefined,
  createdAt: 0,
});
