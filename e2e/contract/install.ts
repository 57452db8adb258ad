import { KINDS, type Kind } from "../../src/api/v1alpha1/kinds.ts";
import { definition } from "../../src/crd/definition.ts";
import type { KubeObject, Resource } from "../../src/kube/object.ts";
import { named, policy, run } from "./samples.ts";
import { type Server, succeeds, until } from "./server.ts";

export interface Definition extends KubeObject {
  readonly spec: { readonly versions: readonly [Version] };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

interface Version {
  readonly schema: { readonly openAPIV3Schema: { readonly properties: Readonly<Record<string, object>> } };
}

export const Definitions: Resource<Definition> = {
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
};

/** kubectl's own: whoever applies the same files with `kubectl apply --server-side` after us meets no conflict. */
const AS_KUBECTL = { fieldManager: "kubectl" };

/** Installs the definitions as src/api says; resolves when the server answers by them. */
export async function install(server: Server): Promise<void> {
  await Promise.all(KINDS.map((kind) => put(server, kind)));
  await until("the definitions are established", async () => {
    const { items } = await server.client.list(Definitions);
    const established = items.filter(({ status }) =>
      status?.conditions?.some(({ type, status: holds }) => type === "Established" && holds === "True"),
    );
    return KINDS.every(({ resource }) =>
      established.some(({ metadata }) => metadata.name === `${resource.plural}.${resource.group}`),
    );
  });
  await until("policies are served", () => succeeds(server.create(named("probe", policy(), "default"))));
  await enforced(server);
}

export async function put(server: Server, kind: Kind, change: (of: Definition) => Definition = (of) => of) {
  await server.client.apply(change(definition(kind) as Definition), AS_KUBECTL);
}

/** Resolves when a TrainingRun is held against its schema (or no longer is): a changed definition takes a moment. */
export async function enforced(server: Server, wanted = true): Promise<void> {
  const nonsense = named("probe", run({ lora: { rank: 0 } }), "default");
  await until("runs are served", () => succeeds(server.create(named("probe", run(), "default"))));
  await until(wanted ? "nonsense is refused" : "nonsense is let through", async () => {
    return (await succeeds(server.create(nonsense))) !== wanted;
  });
}
