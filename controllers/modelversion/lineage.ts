import type { Lineage } from "../../src/api/learning/datasets.ts";
import { ModelVersions } from "../../src/api/v1alpha1/kinds.ts";
import type { Cache } from "../../src/kube/cache.ts";
import type { Milliseconds } from "../../src/runtime/plan.ts";
import { type RepeatOptions, repeat } from "../common/repeat.ts";

/** Tells the data plane of one. Rejects when it cannot take it now; false: it never will, having made no such dataset. */
export type TellLineage = (lineage: Lineage, signal: AbortSignal) => Promise<boolean>;

export interface LineagePushOptions extends RepeatOptions {
  readonly tell: TellLineage;
  readonly namespace: string;
}

/** How long what was told is believed to be known: a data plane restored from a backup is told anew. */
const BELIEVED: Milliseconds = 3_600_000;

/** Which versions were trained on what, as they say themselves, in the order of their names. */
export function lineages(cache: Cache, namespace: string): Lineage[] {
  return cache
    .list(ModelVersions, { namespace })
    .flatMap(({ metadata: { name }, spec }) => {
      // An older, looser definition may have let one in without a spec.
      const { dataset, trainingRun } = spec?.lineage ?? {};
      if (dataset === undefined || trainingRun === undefined) return [];
      return [{ modelVersion: name, dataset, trainingRun: `${namespace}/${trainingRun}` }];
    })
    .sort((a, b) => (a.modelVersion < b.modelVersion ? -1 : 1));
}

/**
 * Tells the data plane which version was trained on which dataset, so that an erasure can name the versions that it
 * reached. Level-triggered: a lost answer, a restart or a restored database mends itself.
 */
export function pushLineage({ tell, namespace, ...options }: LineagePushOptions): { close(): void } {
  const { clock, log } = options;
  const told = new Map<string, Milliseconds>();
  let failing = "";
  return repeat(options, async (cache, signal) => {
    const now = clock.elapsed();
    for (const lineage of lineages(cache, namespace)) {
      const key = `${lineage.modelVersion} ${lineage.dataset}`;
      if (now - (told.get(key) ?? Number.NEGATIVE_INFINITY) < BELIEVED) continue;
      try {
        const isOurs = await tell(lineage, signal);
        told.set(key, now);
        failing = "";
        if (isOurs) log.info({ modelVersion: lineage.modelVersion }, "the data plane knows what it was trained on");
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (message !== failing)
          log.warn({ err: message }, "the data plane could not be told of a lineage; trying again");
        failing = message;
        return;
      }
    }
  });
}
