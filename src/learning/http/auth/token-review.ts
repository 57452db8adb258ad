import { z } from "zod";
import type { KubeApi } from "../../../kube/api.ts";
import type { KubeObject } from "../../../kube/object.ts";
import { ApiProblem } from "../errors.ts";
import { AUDIENCE, type ReviewToken } from "./service-accounts.ts";

interface TokenReview extends KubeObject {
  readonly spec: { readonly token: string; readonly audiences: readonly string[] };
}

const reviewed = z.object({
  status: z.object({
    authenticated: z.boolean().optional(),
    user: z.object({ username: z.string().optional() }).optional(),
    audiences: z.array(z.string()).optional(),
  }),
});

/** Asks the API server whose token it is; needs `create` on tokenreviews, which `system:auth-delegator` gives. */
export function tokenReviewer(kube: Pick<KubeApi, "create">, audience: string = AUDIENCE): ReviewToken {
  return async (token) => {
    const review: TokenReview = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata: { name: "" },
      spec: { token, audiences: [audience] },
    };
    const { status } = reviewed.parse(await asked(kube, review));
    // An API server that knows nothing of audiences answers none: its word would be for any audience.
    if (status.authenticated !== true || !status.audiences?.includes(audience)) return undefined;
    const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(status.user?.username ?? "") ?? [];
    return namespace === undefined || name === undefined ? undefined : { serviceAccount: `${namespace}/${name}` };
  };
}

async function asked(kube: Pick<KubeApi, "create">, review: TokenReview): Promise<unknown> {
  try {
    return await kube.create(review, { fieldManager: AUDIENCE });
  } catch {
    // Its words may repeat what it was asked, and that is a credential.
    throw new ApiProblem("Unavailable", "the API server could not be asked who this is", 5);
  }
}
