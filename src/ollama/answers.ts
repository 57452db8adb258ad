import { z } from "zod";

/** What Ollama 0.34 answers, as far as we read it. More fields may come; these must. */
export const versionAnswer = z.object({ version: z.string() });

export const createAnswer = z.object({ status: z.literal("success") });

export const showAnswer = z.object({
  /** The template in use: the one sent in create, or the GGUF's own if Ollama preferred that. */
  template: z.string().default(""),
  parameters: z.string().default(""),
  /** A set: its order differs between versions. */
  capabilities: z.array(z.string()).default([]),
});

const details = z.looseObject({ quantization_level: z.string().optional() });

export const tagsAnswer = z.object({
  models: z.array(z.object({ name: z.string(), digest: z.string(), size: z.number(), details })).nullable(),
});

/** A model whose runner died stays listed here: this is no health check. */
export const psAnswer = z.object({
  models: z
    .array(
      z.object({
        name: z.string(),
        digest: z.string(),
        size: z.number(),
        size_vram: z.number().default(0),
        context_length: z.number().optional(),
      }),
    )
    .nullable(),
});

const counts = {
  done: z.boolean(),
  done_reason: z.string().optional(),
  prompt_eval_count: z.number().optional(),
  eval_count: z.number().optional(),
  /** Nanoseconds. */
  total_duration: z.number().optional(),
};

export const generateAnswer = z.object({ response: z.string(), thinking: z.string().optional(), ...counts });

export const chatAnswer = z.object({
  message: z.object({ role: z.string(), content: z.string(), thinking: z.string().optional() }),
  ...counts,
});

export type ShowAnswer = z.infer<typeof showAnswer>;
export type GenerateAnswer = z.infer<typeof generateAnswer>;
export type ChatAnswer = z.infer<typeof chatAnswer>;
export type LoadedModel = NonNullable<z.infer<typeof psAnswer>["models"]>[number];
export type StoredModel = NonNullable<z.infer<typeof tagsAnswer>["models"]>[number];
