import { createHash } from "node:crypto";
import type { Clock, Milliseconds } from "../../../kube/clock.ts";
import type { Tenant } from "../../model.ts";
import type { Role } from "../../store/port.ts";
import type { Authenticator, Principal } from "../principal.ts";
import { bearerOf } from "./bearer.ts";

/** Audience that a pod's projected token must have been made for. */
export const AUDIENCE = "qi-learning";

/** Whose token it is, as `namespace/name`; undefined: not valid, or made for somebody else. */
export type ReviewToken = (token: string) => Promise<{ readonly serviceAccount: string } | undefined>;

export interface ServiceAccountsDeps {
  readonly reviewToken: ReviewToken;
  /** `namespace/name` of a service account → what it may do. All others may nothing. */
  readonly allowed: ReadonlyMap<string, { readonly tenant: Tenant; readonly roles: readonly Role[] }>;
  readonly clock: Pick<Clock, "elapsed">;
  /** How long an answer holds: so long a token of a deleted pod still works. */
  readonly cacheMs?: Milliseconds;
}

/** What a JWT looks like: nothing else is shown to the API server. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const MAX_CACHED = 1_000;

/** Proves service accounts of the cluster by their projected tokens. */
export function serviceAccounts(deps: ServiceAccountsDeps): Authenticator {
  const { reviewToken, allowed, clock, cacheMs = 60_000 } = deps;
  const cache = new Map<string, { readonly principal: Promise<Principal | undefined>; readonly until: Milliseconds }>();

  const review = async (token: string): Promise<Principal | undefined> => {
    const reviewed = await reviewToken(token);
    const grant = reviewed && allowed.get(reviewed.serviceAccount);
    if (reviewed === undefined || grant === undefined) return undefined;
    const id = `system:serviceaccount:${reviewed.serviceAccount.replace("/", ":")}`;
    return { ...grant, id, name: reviewed.serviceAccount };
  };

  return async (request) => {
    const token = bearerOf(request);
    if (token === undefined || !JWT.test(token)) return undefined;
    const digest = createHash("sha256").update(token).digest("base64");
    const known = cache.get(digest);
    if (known !== undefined && known.until > clock.elapsed()) return known.principal;
    const principal = review(token);
    cache.delete(digest);
    cache.set(digest, { principal, until: clock.elapsed() + cacheMs });
    principal.catch(() => cache.delete(digest));
    if (cache.size > MAX_CACHED) {
      for (const oldest of cache.keys()) {
        cache.delete(oldest);
        break;
      }
    }
    return principal;
  };
}
