import { z } from "zod";

/** One `progress` line of the trainer's structured log. */
const line = z.object({
  event: z.literal("progress"),
  time: z.string(),
  step: z.string(),
  progress: z.number().min(0).max(1),
  loss: z.number().nullish(),
  expectedAt: z.string().nullish(),
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
      percent: Math.floor(progress * 100),
      loss: loss ?? undefined,
      expectedTime: expectedAt == null ? undefined : coarse(expectedAt),
    };
  }
  return undefined;
}

const COARSE = 30_000;

function coarse(time: string): string | undefined {
  const at = Date.parse(time);
  return Number.isNaN(at) ? undefined : `${new Date(Math.ceil(at / COARSE) * COARSE).toISOString().slice(0, 19)}Z`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
