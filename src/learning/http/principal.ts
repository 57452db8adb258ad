import type { FastifyRequest } from "fastify";
import type { Role } from "../store/port.ts";

/** Who asks, once that is proven: an API key, a session made from one, or a pod's service account. */
export interface Principal {
  readonly tenant: string;
  /** Id of the API key, or `system:serviceaccount:namespace:name`. */
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
}

/**
 * Proves who asks, by one kind of credential. Undefined: the request carries none of this kind, or one that does not
 * hold. Throws only where it could not be found out (a store is down): the request is then answered 503.
 */
export type Authenticator = (request: FastifyRequest) => Promise<Principal | undefined>;

/** Who may use a route. Every route says so in its `config.access`; one that does not keeps the server from starting. */
export type Access = "public" | readonly Role[];

declare module "fastify" {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    /** Undefined on public routes only. */
    principal: Principal | undefined;
  }
}
