/** Languages by what their files and fences are called. What is not in it has no language that could misfit. */
const ALIASES: Readonly<Record<string, string>> = {
  "c#": "csharp",
  "c++": "cpp",
  c: "c",
  cc: "cpp",
  cpp: "cpp",
  cs: "csharp",
  csharp: "csharp",
  cxx: "cpp",
  go: "go",
  golang: "go",
  h: "c",
  hpp: "cpp",
  java: "java",
  javascript: "javascript",
  js: "javascript",
  jsx: "javascript",
  kotlin: "kotlin",
  kt: "kotlin",
  mjs: "javascript",
  node: "javascript",
  nodejs: "javascript",
  php: "php",
  py: "python",
  python: "python",
  python3: "python",
  rb: "ruby",
  rs: "rust",
  ruby: "ruby",
  rust: "rust",
  scala: "scala",
  svelte: "typescript",
  swift: "swift",
  ts: "typescript",
  tsx: "typescript",
  typescript: "typescript",
  vue: "typescript",
};

/** Projects in one are at home in the others. */
const FAMILIES: Readonly<Record<string, string>> = {
  javascript: "ecmascript",
  typescript: "ecmascript",
  c: "c",
  cpp: "c",
};

/** The language family that a fence, a name or a file's ending stands for; undefined: shell, markup, data, unknown. */
export function family(name: string): string | undefined {
  const language = ALIASES[name.toLowerCase()];
  return language === undefined ? undefined : (FAMILIES[language] ?? language);
}

/** By the ending of a path. */
export function familyOfPath(path: string): string | undefined {
  const ending = /\.(\w{1,10})$/.exec(path)?.[1];
  return ending === undefined ? undefined : family(ending);
}
