import type { Context, ToolUse } from "../api/learning/interaction.ts";
import { type Copy, field } from "./copy.ts";
import {
  LABEL,
  MAX_FACT_KEY,
  MAX_FACT_TEXT,
  MAX_FACTS,
  MAX_LABEL,
  MAX_MILLISECONDS,
  MAX_TOOL_USES,
  OUTCOMES,
} from "./limits.ts";

export type Facts = NonNullable<Context["project"]>;

/** What was captured, overridden section by section, fact by fact, by what the agent gives with one interaction. */
export function copyContext(
  given: unknown,
  captured: { readonly context: Context | undefined; readonly contextUnits: number },
  copy: Copy,
): Context | undefined {
  copy.units += captured.contextUnits;
  if (given === undefined) return captured.context;
  const context: Context = { ...captured.context };
  for (const section of ["project", "codebase", "environment"] as const) {
    const facts = field(given, section);
    if (facts !== undefined) context[section] = copyFacts(facts, context[section], copy);
  }
  const tools = field(given, "toolUsage");
  if (tools !== undefined) context.toolUsage = copyTools(tools, copy);
  return context;
}

function copyFacts(given: unknown, captured: Facts | undefined, copy: Copy): Facts {
  const facts: Facts = { ...captured };
  if (typeof given !== "object" || given === null) {
    copy.leftOut += 1;
    return facts;
  }
  let room = MAX_FACTS - Object.keys(facts).length;
  for (const key of Object.keys(given)) {
    const value = fact(Reflect.get(given, key));
    const fits = value !== undefined && key.length > 0 && key.length <= MAX_FACT_KEY && key !== "__proto__";
    const known = Object.hasOwn(facts, key);
    if (!fits || (!known && room <= 0)) {
      copy.leftOut += 1;
      if (room <= 0) break;
      continue;
    }
    if (!known) room -= 1;
    facts[key] = value;
    copy.units += key.length + (typeof value === "string" ? value.length : 8);
    copy.parts += 1;
  }
  return facts;
}

function fact(value: unknown): string | number | boolean | undefined {
  if (typeof value === "string") return value.length <= MAX_FACT_TEXT ? value : undefined;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return typeof value === "boolean" ? value : undefined;
}

/** The last ones: what led to the answer. */
function copyTools(given: unknown, copy: Copy): ToolUse[] {
  if (!Array.isArray(given)) {
    copy.leftOut += 1;
    return [];
  }
  const kept: ToolUse[] = [];
  const first = Math.max(0, given.length - MAX_TOOL_USES);
  if (first > 0) copy.leftOut += 1;
  for (let index = first; index < given.length; index++) {
    const from: unknown = given[index];
    const name = copy.maybe(field(from, "name"), MAX_LABEL.tool, LABEL);
    const outcome = copy.choice(field(from, "outcome"), OUTCOMES);
    if (name === undefined || outcome === undefined) {
      copy.leftOut += 1;
      continue;
    }
    const durationMs = copy.whole(field(from, "durationMs"), MAX_MILLISECONDS);
    kept.push(durationMs === undefined ? { name, outcome } : { name, outcome, durationMs });
  }
  return kept;
}
