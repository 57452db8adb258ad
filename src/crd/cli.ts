import { mkdir, readFile, writeFile } from "node:fs/promises";
import { stringify } from "yaml";
import { KINDS } from "../api/v1alpha1/kinds.ts";
import { definition } from "./definition.ts";

/**
 * `npm run crds` writes the three CRDs; `npm run crds -- --check` exits 1 when what is committed differs.
 * The chart's copies carry `helm.sh/resource-policy: keep`: uninstalling must not delete what users made.
 */
const check = process.argv.includes("--check");
const header = "# Generated from src/api by `npm run crds`. Do not edit.\n";
let stale = 0;

for (const kind of KINDS) {
  const file = `${kind.resource.plural}.learning.qi.dev.yaml`;
  const crd = definition(kind);
  await emit(`crds/${file}`, header + yaml(crd));
  await emit(`charts/qi-learning-crds/templates/${file}`, header + yaml(kept(crd)));
}
if (stale > 0) {
  console.error("Run `npm run crds` and commit the result.");
  process.exitCode = 1;
}

function yaml(crd: object): string {
  return stringify(crd, { lineWidth: 0, aliasDuplicateObjects: false });
}

function kept(crd: object): object {
  const { metadata, ...rest } = crd as { metadata: object };
  return { ...rest, metadata: { ...metadata, annotations: { "helm.sh/resource-policy": "keep" } } };
}

async function emit(path: string, text: string): Promise<void> {
  const root = new URL("../../", import.meta.url);
  const committed = await readFile(new URL(path, root), "utf8").catch(() => "");
  if (committed === text) return;
  if (check) {
    console.error(`${path} differs from what src/api says`);
    stale++;
    return;
  }
  await mkdir(new URL(`${path}/..`, root), { recursive: true });
  await writeFile(new URL(path, root), text);
  console.log(`wrote ${path}`);
}
