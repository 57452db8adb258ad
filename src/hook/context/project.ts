import { join } from "node:path";
import { field } from "../copy.ts";
import type { Facts } from "../copy-context.ts";
import { FRAMEWORKS, type ProjectKind } from "./frameworks.ts";
import { type Reading, readText } from "./reading.ts";

interface Manifest {
  readonly file: string;
  readonly kind: ProjectKind;
  readonly read: (text: string) => { readonly name: string | undefined; readonly depends: (on: string) => boolean };
}

const MANIFESTS: readonly Manifest[] = [
  { file: "package.json", kind: "node", read: readPackage },
  {
    file: "pyproject.toml",
    kind: "python",
    read: (text) => ({
      name: inSection(text, "project") ?? inSection(text, "tool.poetry"),
      depends: (on) => new RegExp(`(?:^|["'])${on}(?:["'\\[<>=~!; ]|$)`, "im").test(text),
    }),
  },
  {
    file: "Cargo.toml",
    kind: "rust",
    read: (text) => ({
      name: inSection(text, "package"),
      depends: (on) => new RegExp(`^${on}\\s*=`, "m").test(text),
    }),
  },
  {
    file: "go.mod",
    kind: "go",
    read: (text) => ({
      name: /^module\s+(\S+)/m.exec(text)?.[1],
      depends: (on) => text.includes(on),
    }),
  },
];
export const MANIFEST_FILES = MANIFESTS.map(({ file }) => file);

/** What the project's manifests say: names, kinds and well-known frameworks. Undefined: it has none. */
export async function readProject({ root, inTime }: Reading): Promise<Facts | undefined> {
  const kinds: string[] = [];
  const frameworks: string[] = [];
  let name: string | undefined;
  for (const manifest of MANIFESTS) {
    const text = inTime() ? await readText(join(root, manifest.file)) : undefined;
    if (text === undefined) continue;
    kinds.push(manifest.kind);
    const read = manifest.read(text);
    name ??= read.name;
    frameworks.push(...FRAMEWORKS[manifest.kind].filter(([on]) => read.depends(on)).map(([, called]) => called));
  }
  if (kinds.length === 0) return undefined;
  return {
    ...(name !== undefined && { name: name.slice(0, 214) }),
    kind: kinds.join(","),
    ...(frameworks.length > 0 && { frameworks: [...new Set(frameworks)].sort().join(",") }),
  };
}

function readPackage(text: string): ReturnType<Manifest["read"]> {
  const manifest = parsed(text);
  const name = field(manifest, "name");
  const groups = ["dependencies", "devDependencies", "peerDependencies"].map((group) => field(manifest, group));
  return {
    name: typeof name === "string" && name !== "" ? name : undefined,
    depends: (on) => groups.some((group) => field(group, on) !== undefined),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `name = "…"` within a TOML section. */
function inSection(toml: string, section: string): string | undefined {
  const from = toml.search(new RegExp(`^\\[${section.replace(".", "\\.")}\\]\\s*$`, "m"));
  if (from < 0) return undefined;
  const [, ...lines] = toml.slice(from).split("\n");
  const end = lines.findIndex((line) => line.startsWith("["));
  const body = lines.slice(0, end < 0 ? lines.length : end).join("\n");
  return /^name\s*=\s*["']([^"']+)["']/m.exec(body)?.[1];
}
