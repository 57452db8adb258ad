import type { KubeObject, ObjectKey } from "../../src/kube/object.ts";

/** Labels and annotations of this project. A child never gets its parent's labels wholesale: GitOps tools prune by them. */
export const MANAGED_BY = { "app.kubernetes.io/managed-by": "qi-learning" } as const;

export const RUN_LABEL = "learning.qi.dev/run";
export const STEP_LABEL = "learning.qi.dev/step";
export const ATTEMPT_LABEL = "learning.qi.dev/attempt";
export const VERSION_LABEL = "learning.qi.dev/model-version";
export const POLICY_LABEL = "learning.qi.dev/policy";

/** A label value holds at most 63 characters; names that are longer were refused at admission. */
export function labelOf(
  object: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } },
  name: string,
): string | undefined {
  return object.metadata.labels?.[name];
}

/** The key of the object `name` in the namespace of `beside`: what a watch wakes. */
export function keyFrom({ metadata: { namespace } }: KubeObject, name: string | undefined): ObjectKey[] {
  return name === undefined || namespace === undefined ? [] : [{ namespace, name }];
}
