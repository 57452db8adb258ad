export const SECRET = Buffer.alloc(32, 7);
/** Short enough that a test sees them end. */
export const TIMES = { holdMs: 1500, retry: { base: 10, cap: 50 } } as const;

export const DEATH_STEPS = ["afterTake", "afterAssess", "whilePutting", "afterPut", "afterDone"] as const;
export type DeathStep = (typeof DEATH_STEPS)[number];
