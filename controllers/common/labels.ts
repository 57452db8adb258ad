/** Labels and annotations of this project. A child never gets its parent's labels wholesale: GitOps tools prune by them. */
export const MANAGED_BY = { "app.kubernetes.io/managed-by": "qi-learning" } as const;

export const RUN_LABEL = "learning.qi.dev/run";
export const STEP_LABEL = "learning.qi.dev/step";
export const ATTEMPT_LABEL = "learning.qi.dev/attempt";
export const VERSION_LABEL = "learning.qi.dev/model-version";
export const POLICY_LABEL = "learning.qi.dev/policy";
/** On what a plan creates without owning it: whose decision it was, so that a repeat is recognised. */
export const IDENTITY_ANNOTATION = "learning.qi.dev/identity";

/** A label value holds at most 63 characters; names that are longer were refused at admission. */
export function labelOf(
  object: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } },
  name: string,
): string | undefined {
  return object.metadata.labels?.[name];
}
