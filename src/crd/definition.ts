import { GROUP, VERSION } from "../api/v1alpha1/common.ts";
import type { Kind } from "../api/v1alpha1/kinds.ts";
import { type StructuralSchema, structural } from "./convert.ts";

/** The CustomResourceDefinition of a kind. */
export function definition(kind: Kind): object {
  const { plural, kind: name } = kind.resource;
  const schema = structural(kind.schema);
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: "Namespaced",
      names: {
        kind: name,
        listKind: `${name}List`,
        plural,
        singular: kind.singular,
        shortNames: kind.shortNames,
        categories: ["learning"],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns,
          schema: { openAPIV3Schema: root(kind, schema) },
        },
      ],
    },
  };
}

function root(kind: Kind, schema: StructuralSchema): StructuralSchema {
  const longest = kind.maxNameLength;
  return {
    type: "object",
    description: kind.description,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string", description: `${GROUP}/${VERSION}` },
      kind: { type: "string", description: kind.resource.kind },
      metadata: { type: "object" },
      ...schema.properties,
    },
    "x-kubernetes-validations": [
      {
        rule: `self.metadata.name.matches('^[a-z]([-a-z0-9]{0,${longest - 2}}[a-z0-9])?$')`,
        message: `metadata.name must be at most ${longest} lower-case letters, digits and dashes, starting with a letter: names of Services, Jobs and pods are made from it`,
      },
    ],
  };
}
