import { mkdtempSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type DataPolicy, dataPolicy } from "../../api/learning/policies.ts";
import { type ArtifactStore, folderStore } from "../../artifacts/index.ts";
import { ManualClock } from "../../testing/clock.ts";
import { silentLog } from "../../testing/log.ts";
import { type DatasetTaskResult, datasetTask } from "../dataset/index.ts";
import { createPrivacyFilter, type PrivacyFilter } from "../privacy/index.ts";
import { openSqlite, type Store } from "../store/index.ts";
import type { Task } from "../store/port.ts";
import { DAY, idAt, interaction, keyOf, score } from "../store/testing/sample.ts";
import { type RedactTaskResult, redactTask } from "./redact-again.ts";

const TENANT = "team";
const signal = new AbortController().signal;

const policyWith = (...patterns: string[]): DataPolicy =>
  dataPolicy.parse({
    namespace: "team",
    name: "coder",
    servedModel: "coder",
    privacy: { custom: patterns.map((pattern, n) => ({ name: `pattern${n}`, pattern })), retentionDays: 30 },
    dataset: { minExamples: 1, split: { validation: 0, test: 0 } },
  });

/** Nobody waits by it. */
class PassingClock extends ManualClock {
  override async sleep(): Promise<void> {}
}

describe("a pattern that is added after interactions have expired", () => {
  let clock: PassingClock;
  let folder: string;
  let artifacts: ArtifactStore;
  let store: Store;
  let filter: PrivacyFilter;
  beforeAll(() => {
    filter = createPrivacyFilter({ secret: Buffer.alloc(32, 7), threads: 1 });
  });
  afterAll(() => filter.close());
  beforeEach(async () => {
    clock = new PassingClock();
    folder = await mkdtemp(join(tmpdir(), "qi-expired-"));
    artifacts = folderStore(join(folder, "artifacts"));
    const options = { folder: join(folder, "db"), secret: Buffer.alloc(32, 7), clock: () => clock.now() };
    store = await openSqlite(options);
    await store.policies.replace({ revision: 1, policies: [policyWith()] });
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const use = async (text: string, reasoning?: string) => {
    const now = clock.now();
    const item = interaction({
      tenant: TENANT,
      id: idAt(now),
      facts: { at: now, thinking: reasoning !== undefined },
      content: { input: `Why ${text}?`, output: `Because ${text}.`, ...(reasoning !== undefined && { reasoning }) },
    });
    await store.interactions.accept([item], now);
    await store.assessments.put([score(keyOf(item), { at: now })], now);
  };
  const policiesOf = (policy: DataPolicy) => ({
    named: () => policy,
    current: () => ({ revision: 2, policies: [policy] }),
    refresh: async () => {},
  });
  const workspace = () => mkdtempSync(join(folder, "work-"));
  const taskOf = (kind: "dataset" | "redact", input: object): Task => ({
    id: "t",
    tenant: TENANT,
    kind,
    input,
    state: "running",
    attempts: 1,
    progress: 0,
    result: undefined,
    error: undefined,
    createdAt: 0,
  });
  const build = async () => {
    const policies = policiesOf(policyWith());
    const run = datasetTask({ store, artifacts, policies, workspace, clock, log: silentLog, threads: 1 });
    const input = { policy: "team/coder", asOf: new Date(clock.now()).toISOString(), minOverall: 0.5 };
    const built = (await run(taskOf("dataset", input), { heartbeat: () => {}, signal })) as DatasetTaskResult;
    await clock.advance(1);
    return built.sha256;
  };
  const redact = async (patterns: readonly string[], from: ArtifactStore = artifacts) => {
    const policies = policiesOf(policyWith(...patterns));
    const run = redactTask({ store, artifacts: from, filter, policies, workspace, clock, settleMs: 0 });
    const input = { policy: "team/coder", revision: 2, notBefore: 0 };
    return (await run(taskOf("redact", input), { heartbeat: () => {}, signal })) as RedactTaskResult;
  };
  const expire = async () => {
    await clock.advance(40 * DAY);
    await store.maintain(clock.now());
    const { items } = await store.interactions.query({ tenant: TENANT, limit: 1 });
    expect(items).toEqual([]);
  };
  const filesOf = async (sha256: string) => {
    const uris: string[] = [];
    for await (const { uri } of artifacts.list(`datasets/${sha256}/`)) uris.push(uri);
    return uris;
  };

  it.each([
    ["in a question", "OPS-1 fails", undefined],
    ["in what the model thought", "it fails", "They mean OPS-1."],
  ])("is found in the files of a dataset that hold them: %s", async (_, text, reasoning) => {
    await use("the sky is blue");
    const clean = await build();
    await use(text, reasoning);
    const held = await build();
    await expire();
    expect(await redact(["OPS-[0-9]+"])).toEqual({ changed: 0, datasets: [held] });
    expect(await filesOf(held)).toEqual([]);
    expect(await filesOf(clean)).not.toEqual([]);
    expect((await store.datasets.get(TENANT, clean))?.erasedAt).toBeUndefined();
    expect((await readdir(folder)).filter((name) => name.startsWith("work-"))).toEqual([]);
  });

  it("leaves what holds nothing that it finds, placeholders of other patterns included", async () => {
    await use("<PATTERN0_1> fails");
    const sha256 = await build();
    await expire();
    expect(await redact(["OPS-[0-9]+", "DEV-[0-9]+"])).toEqual({ changed: 0, datasets: [] });
    expect(await filesOf(sha256)).not.toEqual([]);
  });

  it("passes over files that somebody has removed", async () => {
    await use("OPS-1 fails");
    const sha256 = await build();
    await expire();
    for (const uri of await filesOf(sha256)) await artifacts.remove(uri);
    expect(await redact(["OPS-[0-9]+"])).toEqual({ changed: 0, datasets: [] });
  });

  it("says of a dataset that it cannot look through it, and looks through the others", async () => {
    await use("OPS-1 fails");
    const held = await build();
    const records = { sha256: "a".repeat(64), tenant: TENANT, policy: "team/coder", uri: "", manifest: { splits: 3 } };
    await store.datasets.add(
      { ...records, createdAt: clock.now() },
      (async function* () {
        yield [{ id: idAt(clock.now() - 50 * DAY), split: "train" as const }];
      })(),
    );
    await expire();
    await expect(redact(["OPS-[0-9]+"])).rejects.toMatchObject({
      code: "NotRedactable",
      retryable: true,
      message: "0 stored interactions could not be redacted anew, 1 datasets could not be looked through",
    });
    expect(await filesOf(held)).toEqual([]);
  });
});
