/** More than there are objects in any cluster this is meant for. */
const MOST = 20_000;

/** Keeps a memory that only saves work from growing for ever: a Map lists its keys from the oldest. */
export function dropOldest(memory: Map<string, unknown>): void {
  if (memory.size <= MOST) return;
  for (const oldest of memory.keys()) {
    memory.delete(oldest);
    return;
  }
}
