import { z } from "zod";

/** Share of the text inside syntax errors, 0 to 1, before and after redaction. */
export const syntaxShare = z.strictObject({
  before: z.number().optional(),
  after: z.number().optional(),
});

/** Lines as in a unified diff: ` ` same, `-` removed, `+` added, `\` no newline at the end of the file. */
const hunk = z.strictObject({
  oldStart: z.int().describe("Number of its first line before."),
  newStart: z.int().describe("Number of its first line after."),
  lines: z.array(z.string()),
});

/** How a piece of code changed, or that it was too much to compare within the time allowed. */
export const codeChange = z.discriminatedUnion("state", [
  z.strictObject({
    state: z.literal("compared"),
    added: z.int().describe("Lines."),
    removed: z.int().describe("Lines."),
    hunks: z.array(hunk),
  }),
  z.strictObject({ state: z.literal("tooLarge"), before: z.string(), after: z.string() }),
]);

export type CodeChange = z.output<typeof codeChange>;
export type Hunk = z.output<typeof hunk>;
