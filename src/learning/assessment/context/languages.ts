import { grammarOf } from "../../syntax/index.ts";

/** Languages without a grammar of ours, by what their files and fences are called. */
const OTHERS: Readonly<Record<string, string>> = {
  kotlin: "kotlin",
  kt: "kotlin",
  scala: "scala",
  svelte: "ecmascript",
  swift: "swift",
  vue: "ecmascript",
};

/** Projects in one are at home in the others. */
const FAMILIES: Readonly<Record<string, string>> = {
  javascript: "ecmascript",
  tsx: "ecmascript",
  typescript: "ecmascript",
};

/** At home in every project. */
const EVERYWHERE = new Set(["bash", "css", "ini", "powershell"]);

/** The language family that a fence, a name or a file's ending stands for; undefined: shell, markup, data, unknown. */
export function family(name: string): string | undefined {
  const grammar = grammarOf(name);
  if (grammar === undefined) return OTHERS[name.toLowerCase()];
  return EVERYWHERE.has(grammar) ? undefined : (FAMILIES[grammar] ?? grammar);
}

/** By the ending of a path. */
export function familyOfPath(path: string): string | undefined {
  const ending = /\.(\w{1,10})$/.exec(path)?.[1];
  return ending === undefined ? undefined : family(ending);
}
