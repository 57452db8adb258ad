import { rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { PrivacyPolicy } from "../../api/learning/policies.ts";
import { ArtifactError, type ArtifactStore } from "../../artifacts/index.ts";
import type { Clock } from "../../kube/clock.ts";
import { uriOf } from "../dataset/publish.ts";
import { readShard } from "../dataset/read-shard.ts";
import type { Tenant } from "../model.ts";
import type { FilterRequest, PrivacyFilter } from "../privacy/port.ts";
import type { DatasetRecord } from "../store/port.ts";
import { artifactsAway, untilAvailable } from "../worker/patience.ts";
import { NotRedactable } from "./redacted.ts";

export interface ExpiredDeps {
  readonly artifacts: Pick<ArtifactStore, "root" | "fetch">;
  readonly filter: Pick<PrivacyFilter, "filter">;
  /** A new folder. */
  readonly workspace: () => string;
  readonly clock: Clock;
}

/** Of a manifest, what is read here. */
const manifest = z.looseObject({
  splits: z.record(z.string(), z.looseObject({ files: z.array(z.looseObject({ sha256: z.string() })) })),
});

/** Conversations that are looked through at a time. */
const BATCH = 32;

/**
 * Whether the policy finds anything in the files of a dataset. Of members that have expired there is nothing else that
 * could be looked through. Throws NotRedactable where that cannot be done.
 */
export async function foundInFiles(
  { artifacts, filter, workspace, clock }: ExpiredDeps,
  dataset: Pick<DatasetRecord, "tenant" | "sha256" | "manifest">,
  policy: PrivacyPolicy,
  signal: AbortSignal,
): Promise<boolean> {
  const parsed = manifest.safeParse(dataset.manifest);
  if (!parsed.success) throw new NotRedactable("ManifestUnreadable");
  const folder = workspace();
  try {
    for (const { sha256 } of Object.values(parsed.data.splits).flatMap(({ files }) => files)) {
      const to = join(folder, sha256);
      const fetch = () => artifacts.fetch(uriOf(artifacts, dataset.sha256, sha256), { sha256, to, signal });
      if (!(await isThere(() => untilAvailable(fetch, { clock, signal, passes: artifactsAway })))) continue;
      if (await foundInShard(to, filter, dataset.tenant, policy, signal)) return true;
      rmSync(to);
    }
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What somebody has removed from the store holds nothing. */
async function isThere(fetch: () => Promise<void>): Promise<boolean> {
  try {
    await fetch();
    return true;
  } catch (error) {
    if (error instanceof ArtifactError && error.code === "NotFound") return false;
    throw error;
  }
}

async function foundInShard(
  path: string,
  filter: Pick<PrivacyFilter, "filter">,
  tenant: Tenant,
  policy: PrivacyPolicy,
  signal: AbortSignal,
): Promise<boolean> {
  const requests = (await readShard(path)).map(({ messages }) =>
    conversation(
      tenant,
      policy,
      messages.flatMap(({ content, reasoning_content: reasoning }) => [content, reasoning ?? ""]),
    ),
  );
  for (let at = 0; at < requests.length; at += BATCH) {
    signal.throwIfAborted();
    for (const result of await filter.filter(requests.slice(at, at + BATCH))) {
      if (!result.ok) throw new NotRedactable(result.reason);
      if (Object.keys(result.counts).length > 0) return true;
    }
  }
  return false;
}

/** Its texts as if somebody had just sent them. */
function conversation(tenant: Tenant, policy: PrivacyPolicy, texts: readonly string[]): FilterRequest {
  return {
    kind: "interaction",
    tenant,
    policy,
    body: {
      id: "00000000-0000-7000-8000-000000000000",
      at: new Date(0).toISOString(),
      kind: "prompt",
      servedModel: "",
      thinking: false,
      sessionId: "",
      history: texts.map((content) => ({ role: "user", content })),
      input: "",
      output: "",
      code: [],
    },
  };
}
