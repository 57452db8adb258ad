import { createHook, type Hook } from "../hook.ts";
import type { HookOptions } from "../options.ts";

export const ANSWER = { input: "sort this list", output: "use sort()" };
const open: Hook[] = [];

/** A hook that is in a hurry, for a test. */
export function hookTo(url: string, options: Partial<HookOptions> = {}): Hook {
  const quick = { intervalMs: 1, retryFirstMs: 5, retryLongestMs: 20, context: false } as const;
  const hook = createHook({ url, apiKey: "key", servedModel: "coder", ...quick, ...options });
  open.push(hook);
  return hook;
}

/** For `afterEach`, in each file: test files share this module, so it cannot ask for that itself. */
export async function closeHooks(): Promise<void> {
  await Promise.all(open.splice(0).map((hook) => hook.close(0)));
}
