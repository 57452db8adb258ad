import type { Role } from "../store/port.ts";

/** Who asks, once that is proven: an API key, a session made from one, or a pod's service account. */
export interface Principal {
  readonly tenant: string;
  /** Id of the API key, or `system:serviceaccount:namespace:name`. */
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
}
