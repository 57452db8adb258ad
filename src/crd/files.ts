import { stringify } from "yaml";
import { KINDS } from "../api/v1alpha1/kinds.ts";
import { definition } from "./definition.ts";

/** A generated file. `path` is relative to the repository. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

const HEADER = "# Generated from src/api by `npm run crds`. Do not edit.\n";

/**
 * The definitions as they are committed: plain, and as the chart's templates. The chart's carry
 * `helm.sh/resource-policy: keep`: uninstalling must not delete what users made.
 */
export function files(): GeneratedFile[] {
  return KINDS.flatMap((kind) => {
    const name = `${kind.resource.plural}.${kind.resource.group}.yaml`;
    const crd = definition(kind);
    return [
      { path: `crds/${name}`, text: HEADER + yaml(crd) },
      { path: `charts/qi-learning-crds/templates/${name}`, text: HEADER + yaml(kept(crd)) },
    ];
  });
}

function yaml(crd: object): string {
  return stringify(crd, { lineWidth: 0, aliasDuplicateObjects: false });
}

function kept(crd: object): object {
  const { metadata, ...rest } = crd as { metadata: object };
  return { ...rest, metadata: { ...metadata, annotations: { "helm.sh/resource-policy": "keep" } } };
}
