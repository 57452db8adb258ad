import { z } from "zod";
import { type ItemResult, REFUSALS, type Refusal } from "../../api/learning/results.ts";

export type Checked<T> = { readonly ok: true; readonly item: T } | { readonly ok: false; readonly result: ItemResult };

const MAX_ISSUES = 5;
const MAX_MESSAGE = 500;

export function refused(id: string, code: Refusal, message: string): ItemResult {
  return { id, status: REFUSALS[code], code, message };
}

/** Parses one item of a batch. Its refusal names fields of ours and never repeats what came: keys are a user's text, too. */
export function itemParser<T>(schema: z.ZodType<T>): (raw: unknown) => Checked<T> {
  const names = fieldNames(schema);
  return (raw) => {
    const { success, data, error } = schema.safeParse(raw);
    if (success) return { ok: true, item: data };
    const code = error.issues.some(isTooLarge) ? "TooLarge" : "Invalid";
    return { ok: false, result: refused(readableId(raw), code, explain(error.issues, names)) };
  };
}

/** What a schema found wrong, without a word of what came. */
export function explain(issues: readonly z.core.$ZodIssue[], names: ReadonlySet<string>): string {
  const said = issues.slice(0, MAX_ISSUES).map((issue) => {
    const where = issue.path
      .map((part) => (typeof part === "number" || names.has(String(part)) ? part : "*"))
      .join(".");
    // The only message of zod's that repeats something of the input.
    const what = issue.code === "unrecognized_keys" ? `${issue.keys.length} unknown field(s)` : issue.message;
    return where === "" ? what : `${where}: ${what}`;
  });
  if (issues.length > MAX_ISSUES) said.push(`and ${issues.length - MAX_ISSUES} more`);
  return said.join("; ").slice(0, MAX_MESSAGE);
}

/** All names that a schema gives to fields, at any depth. */
export function fieldNames(schema: z.ZodType): ReadonlySet<string> {
  const names = new Set<string>();
  const walk = (node: unknown) => {
    if (typeof node !== "object" || node === null) return;
    if ("properties" in node && typeof node.properties === "object" && node.properties !== null) {
      for (const name of Object.keys(node.properties)) names.add(name);
    }
    for (const child of Object.values(node)) walk(child);
  };
  walk(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  return names;
}

/** The item's id, where what stands there could be one. */
export function readableId(raw: unknown): string {
  if (typeof raw !== "object" || raw === null || !("id" in raw) || typeof raw.id !== "string") return "";
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(raw.id) ? raw.id.toLowerCase() : "";
}

const isTooLarge = (issue: z.core.$ZodIssue) =>
  issue.code === "too_big" && (issue.origin === "string" || issue.origin === "array");
