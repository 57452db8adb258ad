import type { Rollup, RollupQuery, Store, ThresholdChange } from "../../store/port.ts";

type Memory = Pick<Store, "thresholds" | "assessments"> & { readonly changes: readonly ThresholdChange[] };

/** Thresholds and rollups in memory, for what is decided from them. Rollups are given as they would be read. */
export function memoryStore(rollups: readonly Rollup[], changes: ThresholdChange[] = []): Memory {
  return {
    changes,
    thresholds: {
      current: async () => changes[0],
      history: async (_tenant, _policy, limit) => changes.slice(0, limit),
      change: async (change, expectedAt) => {
        if (changes[0]?.at !== expectedAt) return false;
        changes.unshift(change);
        return true;
      },
    },
    assessments: {
      put: async () => [],
      current: async () => [],
      rollup: async ({ from, to, facet }: RollupQuery) =>
        rollups.filter((one) => one.at >= from && one.at < to && one.facet.startsWith(facet ?? "")),
    },
  };
}
