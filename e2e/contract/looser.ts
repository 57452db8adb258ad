import { KINDS, type Kind } from "../../src/api/v1alpha1/kinds.ts";
import { type Definition, enforced, put } from "./install.ts";
import type { Server } from "./server.ts";

/**
 * Puts a TrainingRun definition on the server as an older release could have left it: of the spec nothing is checked,
 * defaulted or pruned. What is stored meanwhile is what an operator meets that must answer with InvalidSpec, not crash.
 * Resolves when the server answers by it. Every caller restores, whatever happens: other tests share the server.
 */
export async function loosen(server: Server): Promise<void> {
  await put(server, trainingRuns(), withoutSpec);
  await enforced(server, false);
}

/** Puts the definition back as src/api says it, whatever is there now. */
export async function restore(server: Server): Promise<void> {
  await put(server, trainingRuns());
  await enforced(server);
}

function withoutSpec(definition: Definition): Definition {
  const [version] = definition.spec.versions;
  const { openAPIV3Schema } = version.schema;
  const spec = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const schema = { openAPIV3Schema: { ...openAPIV3Schema, properties: { ...openAPIV3Schema.properties, spec } } };
  return { ...definition, spec: { ...definition.spec, versions: [{ ...version, schema }] } };
}

function trainingRuns(): Kind {
  const found = KINDS.find(({ resource }) => resource.kind === "TrainingRun");
  if (found === undefined) throw new Error("src/api has no TrainingRun");
  return found;
}
