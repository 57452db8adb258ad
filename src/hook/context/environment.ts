import type { Facts } from "../copy-context.ts";

export interface Process {
  readonly platform: string;
  readonly arch: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const EDITORS = new Set([
  "vi",
  "vim",
  "nvim",
  "emacs",
  "nano",
  "code",
  "cursor",
  "hx",
  "helix",
  "zed",
  "micro",
  "subl",
]);

/** What it runs on. User name, host name and paths stay out on purpose. */
export function readEnvironment({ platform, arch, version, env }: Process): Facts {
  const editor = editorOf(env);
  return {
    platform,
    arch,
    node: version,
    ci: env.CI !== undefined && env.CI !== "" && env.CI !== "false",
    ...(editor !== undefined && { editor }),
  };
}

/** By what editors set in the terminals they open; else what `EDITOR` names, where it is one that we know. */
function editorOf(env: Process["env"]): string | undefined {
  if (env.CURSOR_TRACE_ID !== undefined) return "cursor";
  if (env.TERM_PROGRAM === "vscode") return "vscode";
  if (env.TERMINAL_EMULATOR?.startsWith("JetBrains") === true) return "jetbrains";
  if (env.ZED_TERM !== undefined) return "zed";
  if (env.NVIM !== undefined) return "neovim";
  if (env.VIM_TERMINAL !== undefined) return "vim";
  if (env.INSIDE_EMACS !== undefined) return "emacs";
  const named = /(?:^|[\\/])([a-z]+)(?:\.exe)?(?:\s|$)/.exec(env.VISUAL ?? env.EDITOR ?? "")?.[1];
  return named !== undefined && EDITORS.has(named) ? named : undefined;
}
