import { z } from "zod";
import { timestamp } from "../../src/api/v1alpha1/common.ts";
import { rfc3339 } from "../../src/runtime/conditions.ts";

/** One `progress` line of the trainer's structured log. */
const line = z.object({
  event: z.literal("progress"),
  time: z.string(),
  step: z.string(),
  progress: z.number().min(0).max(1),
  loss: z.number().nullish(),
  expectedAt: timestamp.nullish().catch(undefined),
});

export interface Progress {
  readonly step: string;
  /** Whole percent: finer figures would write a status at every tick. */
  readonly percent: number;
  readonly loss: number | undefined;
  /** RFC 3339, rounded to 30 s for the same reason. */
  readonly expectedTime: string | undefined;
}

/** The newest progress in the tail of a trainer's log, or undefined when it has none yet. Lines of others are skipped. */
export function newestProgress(log: string): Progress | undefined {
  for (const text of log.split("\n").reverse()) {
    if (!text.includes('"progress"')) continue;
    const parsed = line.safeParse(parseJson(text));
    if (!parsed.success) continue;
    const { step, progress, loss, expectedAt } = parsed.data;
    return {
      step,
      // 0.29 · 100 is 28.999999999999996.
      percent: Math.floor(Number((progress * 100).toFixed(6))),
      loss: loss ?? undefined,
      expectedTime: expectedAt == null ? undefined : coarse(expectedAt),
    };
  }
  return undefined;
}

const COARSE = 30_000;

function coarse(time: string): string {
  return rfc3339(Math.ceil(Date.parse(time) / COARSE) * COARSE);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
