import { RE2JS } from "re2js";
import type { PrivacyPolicy } from "../../../api/learning/policies.ts";
import type { Detector } from "./scan.ts";

/** A pattern of the policy cannot be used. The message tells the pattern's name and why, never any text it ran on. */
export class InvalidPattern extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InvalidPattern";
  }
}

/** `ticket` → `TICKET`, `case-id` → `CASE_ID`. */
export function typeOf(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

/** A pattern of the policy, in RE2's syntax: its time is linear in the text, whatever the pattern. It reads the raw text. */
export function custom({ name, pattern }: PrivacyPolicy["custom"][number]): Detector {
  const compiled = compile(name, pattern);
  const type = typeOf(name);
  return ({ raw, reportRaw }) => {
    const matcher = compiled.matcher(raw);
    while (matcher.find()) reportRaw(matcher.start(), matcher.end(), type);
  };
}

function compile(name: string, pattern: string): RE2JS {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    throw new InvalidPattern(`pattern ${name}: ${error instanceof Error ? error.message : "does not compile"}`);
  }
  if (compiled.matcher("").find()) throw new InvalidPattern(`pattern ${name} matches empty text`);
  return compiled;
}
