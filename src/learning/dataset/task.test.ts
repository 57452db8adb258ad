import { mkdtempSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dataPolicy, type PolicySet } from "../../api/learning/policies.ts";
import { type ArtifactStore, folderStore } from "../../artifacts/index.ts";
import { ManualClock } from "../../testing/clock.ts";
import { silentLog } from "../../testing/log.ts";
import { openSqlite, type Store } from "../store/index.ts";
import { idAt, interaction, keyOf, score } from "../store/testing/sample.ts";
import { TaskPostponed } from "../worker/task-errors.ts";
import type { TaskContext } from "../worker/tasks.ts";
import { type DatasetTaskResult, datasetTask } from "./task.ts";
import { policyOf } from "./testing/candidates.ts";

const TENANT = "team";
const POLICY = "team/coder";
const running: TaskContext = { heartbeat: () => {}, signal: new AbortController().signal };

describe("a dataset whose policy gets new patterns", () => {
  const clock = new ManualClock();
  let folder: string;
  let artifacts: ArtifactStore;
  let store: Store;
  /** The set in force, and the one that this process knows of until it asks. */
  let inForce: PolicySet;
  let known: PolicySet;
  const push = (privacy: object, revision = inForce.revision + 1) => {
    inForce = { revision, policies: [{ ...policyOf(), privacy: dataPolicy.shape.privacy.parse(privacy) }] };
  };
  const ticket = { custom: [{ name: "ticket", pattern: "OPS-[0-9]+" }] };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "qi-dataset-task-"));
    artifacts = folderStore(join(folder, "artifacts"));
    store = await openSqlite({ folder: join(folder, "db"), secret: Buffer.alloc(32, 7), clock: () => clock.now() });
    inForce = { revision: 1, policies: [policyOf()] };
    known = inForce;
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const use = async (input: string) => {
    const now = clock.now();
    const item = interaction({ tenant: TENANT, id: idAt(now), facts: { at: now }, content: { input } });
    await store.interactions.accept([item], now);
    await store.assessments.put([score(keyOf(item), { at: now })], now);
  };
  const build = async (from: Partial<Store["datasets"]> = {}, files: Partial<ArtifactStore> = {}) => {
    const run = datasetTask({
      store: { ...store, datasets: { ...store.datasets, ...from } },
      artifacts: { ...artifacts, ...files },
      policies: {
        named: (name) => known.policies.find((policy) => `${policy.namespace}/${policy.name}` === name),
        current: () => known,
        refresh: async () => {
          known = inForce;
        },
      },
      workspace: () => mkdtempSync(join(folder, "work-")),
      clock,
      log: silentLog,
      threads: 1,
    });
    const input = { policy: POLICY, asOf: new Date(clock.now()).toISOString(), minOverall: 0.5 };
    const task = { id: "dataset", tenant: TENANT, kind: "dataset", input, state: "running", attempts: 1 } as const;
    const rest = { progress: 0, result: undefined, error: undefined, createdAt: 0 };
    return (await run({ ...task, ...rest }, running)) as DatasetTaskResult;
  };
  /** All that is stored, redacted by the new pattern: what the task of the new set does. */
  const rewrite = () =>
    store.interactions.rewrite(
      POLICY,
      TENANT,
      async (batch) =>
        batch.map((one) => {
          const { content } = one.interaction;
          if (!content.input.includes("OPS-")) return undefined;
          const input = content.input.replace(/OPS-[0-9]+/, "<TICKET_1>");
          return { ...one, interaction: { ...one.interaction, content: { ...content, input } } };
        }),
      clock.now(),
    );
  const records = async () => (await store.datasets.list(TENANT, POLICY, 10)).items;
  const files = async () => {
    const uris: string[] = [];
    for await (const { uri } of artifacts.list("datasets/")) uris.push(uri);
    return uris;
  };
  const meanwhile = (happens: () => Promise<unknown>): Partial<Store["datasets"]> => ({
    add: async (record, members) => {
      await happens();
      await store.datasets.add(record, members);
    },
  });

  it("is not kept where they came while it was built, and is built again from what they left", async () => {
    await use("See OPS-3.");
    const building = build(
      meanwhile(async () => {
        push(ticket);
        expect(await rewrite()).toBe(1);
      }),
    );
    await expect(building).rejects.toMatchObject({ code: "PatternsChangedMeanwhile", retryable: true });
    expect(await files()).toEqual([]);
    expect((await records()).map(({ erasedAt }) => erasedAt)).toEqual([clock.now()]);
    const { sha256 } = await build();
    expect((await store.datasets.get(TENANT, sha256))?.erasedAt).toBeUndefined();
    expect((await files()).length).toBeGreaterThan(0);
  });

  it("is never seen as a good one, also where its builder dies before the files are gone", async () => {
    await use("See OPS-3.");
    const dying: Partial<ArtifactStore> = {
      remove: async () => {
        throw new Error("the process died");
      },
    };
    const building = build(
      meanwhile(async () => {
        push(ticket);
      }),
      dying,
    );
    await expect(building).rejects.toThrow("the process died");
    const [record] = await records();
    expect(record?.erasedAt).toBe(clock.now());
    expect(await store.datasets.withdrawn(TENANT, POLICY)).toEqual([record?.sha256]);
  });

  it("is withdrawn by the redaction itself where that finds its members", async () => {
    await use("See OPS-3.");
    const { sha256 } = await build();
    push(ticket);
    await rewrite();
    expect((await store.datasets.get(TENANT, sha256))?.erasedAt).toBe(clock.now());
  });

  it("stays where the policy changed and finds no more than it did", async () => {
    push(ticket);
    await use("See <TICKET_1>.");
    const { sha256 } = await build(
      meanwhile(async () => {
        push({ custom: [], retentionDays: 7 });
      }),
    );
    expect((await store.datasets.get(TENANT, sha256))?.erasedAt).toBeUndefined();
    expect((await files()).length).toBeGreaterThan(0);
  });

  it("is built by the set in force, whatever this process knew before", async () => {
    push(ticket, 7);
    await use("See <TICKET_1>.");
    const { uri } = await build();
    expect(JSON.parse(await readFile(new URL(uri), "utf8"))).toMatchObject({ policy: { name: POLICY, revision: 7 } });
  });

  it("is not begun before what is stored is redacted by them, and waits for no other policy's", async () => {
    await use("See OPS-3.");
    const task = (id: string, policy: string) => ({
      id,
      tenant: TENANT,
      kind: "redact",
      input: { policy, revision: 1, notBefore: 0 },
    });
    await store.tasks.create(task("other", "team/writer"), clock.now());
    await store.tasks.create(task("ours", POLICY), clock.now() + 1);
    const read = () => {
      throw new Error("it read what is not redacted yet");
    };
    const postponed = await build({ candidates: read }).catch((error: unknown) => error);
    expect(postponed).toBeInstanceOf(TaskPostponed);
    expect(postponed).toMatchObject({ code: "RedactionPending", forMs: 10_000 });
    for (const _ of ["other", "ours"]) await store.tasks.claim(["redact"], "worker", 1000, clock.now());
    await expect(build({ candidates: read })).rejects.toMatchObject({ code: "RedactionPending" });
    await store.tasks.succeed("ours", "worker", {}, clock.now());
    await rewrite();
    expect((await build()).examples).toBe(1);
  });
});
