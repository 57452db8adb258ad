import type { ContextSubject } from "./subject.ts";

/** What does the same job: who has one of a row does not want another of it. */
const RIVALS: readonly (readonly string[])[] = [
  ["express", "fastify", "koa", "hono", "nestjs"],
  ["django", "flask", "fastapi", "tornado"],
  ["react", "vue", "angular", "svelte", "solid-js"],
  ["jest", "vitest", "mocha", "ava"],
  ["pytest", "unittest"],
  ["junit", "testng"],
  ["spring", "quarkus", "micronaut"],
  ["gin", "echo", "fiber", "chi"],
  ["prisma", "typeorm", "sequelize", "drizzle-orm"],
  ["sqlalchemy", "peewee"],
  ["actix_web", "axum", "rocket", "warp"],
];

/** Lines that bring something in, in any language that we know. */
const IMPORTS = /^[^\n]{0,40}\b(?:import|from|require|using|use|include)\b[^\n]{0,200}$/gm;

/**
 * Share of the project's frameworks that the code keeps to where it uses that kind at all: code for Express is of
 * little use in a project on Fastify. Undefined: none is known, or the code needs none.
 */
export function frameworks({ content: { code }, facts }: ContextSubject): number | undefined {
  const home = wordsIn(facts.join("\n"));
  const brought = wordsIn(code.flatMap(({ after }) => after.slice(0, MOST).match(IMPORTS) ?? []).join("\n"));
  const kept = RIVALS.flatMap((row) => {
    const [ours, theirs] = [row.filter((name) => home.has(name)), row.filter((name) => brought.has(name))];
    if (ours.length === 0 || theirs.length === 0) return [];
    return [Number(theirs.some((name) => ours.includes(name)))];
  });
  return kept.length === 0 ? undefined : kept.reduce((sum, one) => sum + one, 0) / kept.length;
}

/** Imports stand at the top. */
const MOST = 4096;

function wordsIn(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(/[a-z][\w-]*/g));
}
