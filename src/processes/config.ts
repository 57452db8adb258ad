import { readFileSync } from "node:fs";
import type { z } from "zod";
import { type LearningConfig, learningConfig } from "../api/learningconfig.ts";
import { problems } from "../api/problems.ts";
import { ConfigurationError } from "./secrets.ts";

/** Reads a JSON file and holds it to its schema; says which field is wrong. */
export function readConfig<S extends z.ZodType>(path: string, schema: S): z.output<S> {
  const parsed = schema.safeParse(jsonFrom(path));
  if (!parsed.success) throw new ConfigurationError(`${path}: ${problems(parsed.error, "config")}`);
  return parsed.data;
}

export function readLearningConfig(path: string): LearningConfig {
  return readConfig(path, learningConfig);
}

function jsonFrom(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigurationError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the file, and a wrong path may lead to a secret.
    throw new ConfigurationError(`${path} is not JSON`);
  }
}
