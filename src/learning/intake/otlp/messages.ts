import { z } from "zod";
import { MAX_REQUEST } from "../../../api/learning/batch.ts";
import type { Turn } from "../continue/text.ts";

const part = z.object({ type: z.string(), content: z.unknown().optional(), response: z.unknown().optional() });
const parts = z.array(part);
const message = z.object({ role: z.string(), parts });
const messages = z.array(message);

type Part = z.output<typeof part>;
export type Message = z.output<typeof message>;

/** Nothing that a span carries in a text is deeper or has more in it. */
const MAX_MARKS = 100_000;

/** `gen_ai.input.messages` and `gen_ai.output.messages`: structured, or the same as JSON text. */
export function messagesOf(value: unknown): readonly Message[] | undefined {
  const { success, data } = messages.safeParse(structured(value));
  return success ? data : undefined;
}

/** `gen_ai.system_instructions`: parts without a role. */
export function instructionsOf(value: unknown): string {
  const { success, data } = parts.safeParse(structured(value));
  return success ? textOf(data, "text") : "";
}

export function textOf(of: readonly Part[], type: "text" | "reasoning"): string {
  return of.flatMap((one) => (one.type === type && typeof one.content === "string" ? [one.content] : [])).join("\n");
}

/** What a message says, with what tools answered. */
export function turnOf({ role, parts: of }: Message): Turn | undefined {
  const known = (["system", "user", "assistant", "tool"] as const).find((name) => name === role);
  const answers = of.flatMap(({ type, response }) =>
    type === "tool_call_response" ? [typeof response === "string" ? response : JSON.stringify(response ?? null)] : [],
  );
  const content = [textOf(of, "text"), ...answers].filter((text) => text !== "").join("\n");
  return known === undefined || content === "" ? undefined : { role: known, content };
}

function structured(value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (value.length > MAX_REQUEST || (value.match(/[[{]/g)?.length ?? 0) > MAX_MARKS) return undefined;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
