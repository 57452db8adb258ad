/** Grammars there are, each with the names by which people call its language. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  javascript: ["javascript", "js", "jsx", "mjs", "cjs", "node", "javascriptreact"],
  typescript: ["typescript", "ts", "mts", "cts"],
  tsx: ["tsx", "typescriptreact"],
  python: ["python", "py", "python3", "py3", "pyi"],
  go: ["go", "golang"],
  java: ["java"],
  rust: ["rust", "rs"],
  cpp: ["cpp", "c++", "cc", "cxx", "hpp", "h++", "c", "h", "objective-c++"],
  "c-sharp": ["c-sharp", "csharp", "c#", "cs"],
  ruby: ["ruby", "rb"],
  php: ["php"],
  bash: ["bash", "sh", "shell", "zsh", "shellscript", "console", "shell-session"],
  css: ["css"],
  powershell: ["powershell", "ps1", "pwsh", "ps"],
  ini: ["ini", "cfg", "conf", "properties"],
};

const GRAMMARS = new Map(Object.entries(NAMES).flatMap(([grammar, names]) => names.map((name) => [name, grammar])));

/** The grammar of a language, by any of its names; C is read by C++'s. Undefined: there is none. */
export function grammarOf(language: string): string | undefined {
  return GRAMMARS.get(language.toLowerCase());
}
