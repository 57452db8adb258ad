import type { Clock, Milliseconds } from "../../../kube/clock.ts";
import type { ApiKey, KeyStore } from "../../store/port.ts";
import { ApiProblem } from "../errors.ts";
import type { Authenticator } from "../principal.ts";
import { TokenBuckets } from "../token-bucket.ts";
import { proves, readApiKey } from "./api-key.ts";
import { bearerOf } from "./bearer.ts";

export interface ApiKeysDeps {
  readonly keys: Pick<KeyStore, "find">;
  readonly clock: Pick<Clock, "elapsed">;
  /** How long a revoked key still works in other processes; here it ends at once. */
  readonly cacheMs?: Milliseconds;
  /** Keys looked up in the store for one address, so that made-up keys cannot keep the store busy. */
  readonly lookupsPerSecond?: number;
}

interface Cached {
  readonly key: Promise<ApiKey | undefined>;
  readonly until: Milliseconds;
}

const MAX_CACHED = 10_000;

export interface ApiKeys {
  /** The key that this text is; undefined where it is unknown or revoked. `address` is whose look-ups are counted. */
  verify(text: string, address: string): Promise<ApiKey | undefined>;
  readonly authenticate: Authenticator;
  /** Looks it up anew the next time. */
  forget(id: string): void;
}

/** Proves API keys of the store. Where that is down, throws: nobody gets in on an old answer. */
export function apiKeys({ keys, clock, cacheMs = 10_000, lookupsPerSecond = 200 }: ApiKeysDeps): ApiKeys {
  const cache = new Map<string, Cached>();
  const lookups = new TokenBuckets(lookupsPerSecond, lookupsPerSecond * 5, clock);

  const find = (id: string, address: string): Promise<ApiKey | undefined> => {
    const known = cache.get(id);
    if (known !== undefined && known.until > clock.elapsed()) return known.key;
    const wait = lookups.take(address, 1);
    if (wait > 0) throw new ApiProblem("RateLimited", "too many keys from this address", wait);
    const key = keys.find(id);
    cache.delete(id);
    cache.set(id, { key, until: clock.elapsed() + cacheMs });
    // A failure is not an answer to remember.
    key.catch(() => cache.delete(id));
    if (cache.size > MAX_CACHED) {
      for (const oldest of cache.keys()) {
        cache.delete(oldest);
        break;
      }
    }
    return key;
  };

  const verify = async (text: string, address: string) => {
    const presented = readApiKey(text);
    if (presented === undefined) return undefined;
    const key = await find(presented.id, address);
    return key !== undefined && key.revokedAt === undefined && proves(presented, key) ? key : undefined;
  };

  return {
    verify,
    forget: (id) => cache.delete(id),
    authenticate: async (request) => {
      const key = await verify(bearerOf(request) ?? "", request.ip);
      return key && { tenant: key.tenant, id: key.id, name: key.name, roles: key.roles };
    },
  };
}
