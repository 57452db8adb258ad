import type { z } from "zod";

/** What a schema found wrong, each with the path of its field: `spec.lora.rank: Too small: expected number to be >=1`. */
export function problems(error: z.ZodError, root: string): string {
  return error.issues
    .map(({ path, message }) => `${[root, ...path.map(String)].join(".")}: ${message}`)
    .join("; ")
    .slice(0, 1000);
}
