import type { InteractionInput } from "../../api/learning/interaction.ts";

const FENCE = /^```([A-Za-z0-9][A-Za-z0-9+#-]{0,31})[^\n]*\n([\s\S]*?)^```[ \t]*$/gm;
const MOST = 64;

/** The code that an answer offers in Markdown, where its fences name a language. */
export function fencedCode(markdown: string): NonNullable<InteractionInput["code"]> {
  const blocks = [];
  for (const [, language, after] of markdown.matchAll(FENCE)) {
    if (blocks.length === MOST) break;
    if (language !== undefined && after !== undefined) blocks.push({ language, after });
  }
  return blocks;
}
