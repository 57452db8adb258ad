import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import type { FeedbackInput } from "../../../api/learning/feedback.ts";
import type { InteractionInput } from "../../../api/learning/interaction.ts";
import { type PolicySet, policySet } from "../../../api/learning/policies.ts";
import { ManualClock } from "../../../testing/clock.ts";
import { Random } from "../../../testing/random.ts";
import { openPolicyBook, type PolicyBook } from "../../intake/policy-book.ts";
import type { Role, Store } from "../../store/port.ts";
import { openSqlite } from "../../store/sqlite/open.ts";
import { createLearningApi } from "../api.ts";
import { newApiKey } from "../auth/api-key.ts";
import { type ApiKeys, apiKeys } from "../auth/api-keys.ts";
import type { LearningApiDeps } from "../deps.ts";
import { newId } from "../routes/asked.ts";
import { MarkingFilter } from "./marking-filter.ts";

export const TENANT = "team";
export const POLICY = "team/coder";
export const MODEL = "qi-coder";
export const SECRET = Buffer.alloc(32, 7);

/** The learning API over a real SQLite store, with a clock that stands still and keys of every role. */
export interface ApiUnderTest {
  readonly app: FastifyInstance;
  readonly store: Store;
  readonly filter: MarkingFilter;
  readonly clock: ManualClock;
  readonly policies: PolicyBook;
  readonly keys: ApiKeys;
  /** Everything that was logged, as text. */
  readonly logged: string[];
  nudges: number;
  /** A key with these roles. */
  key(...roles: Role[]): Promise<string>;
  call(
    method: "GET" | "POST" | "PUT" | "DELETE",
    url: string,
    options?: { readonly key?: string; readonly body?: unknown; readonly headers?: Record<string, string> },
  ): Promise<LightMyRequestResponse>;
  id(): string;
  interaction(rest?: Partial<InteractionInput>): InteractionInput;
  close(): Promise<void>;
}

export const POLICIES: PolicySet = policySet.parse({
  revision: 1,
  policies: [{ namespace: "team", name: "coder", servedModel: MODEL }],
});

type Options = Partial<Pick<LearningApiDeps, "limits" | "authenticators" | "plugins">> & {
  /** None: none has arrived. */
  readonly policies?: PolicySet | "None";
  /** Stands in front of the store. */
  readonly around?: (store: Store) => Store;
};

export async function startApi(options: Options = {}): Promise<ApiUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "qi-api-"));
  const clock = new ManualClock(Date.UTC(2026, 5, 15, 12, 30));
  const opened = await openSqlite({ folder, secret: SECRET, clock: () => clock.now() });
  const store = options.around?.(opened) ?? opened;
  const initial = options.policies ?? POLICIES;
  if (initial !== "None") await opened.policies.replace(initial);
  const logged: string[] = [];
  const write = (fields: object, message: string) => logged.push(JSON.stringify({ ...fields, message }));
  const log = { debug: write, info: write, warn: write, error: write };
  const policies = await openPolicyBook({ policies: store.policies, clock, log });
  const random = seeded(1);
  const filter = new MarkingFilter();
  const keys = apiKeys({ keys: store.keys, clock });
  const made = new Map<string, string>();

  const under: Omit<ApiUnderTest, "app"> = {
    store,
    filter,
    clock,
    policies,
    keys,
    logged,
    nudges: 0,
    key: async (...roles) => {
      const name = roles.join(",");
      const known = made.get(name);
      if (known !== undefined) return known;
      const { id, hash, key } = newApiKey(random);
      await opened.keys.add({ id, hash, tenant: TENANT, name, roles, createdAt: clock.now(), revokedAt: undefined });
      made.set(name, key);
      return key;
    },
    call: (method, url, { key, body, headers } = {}) =>
      app.inject({
        method,
        url,
        headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...headers },
        ...(body !== undefined && { payload: body as object }),
      }),
    id: () => newId(clock.now(), random),
    interaction: (rest = {}) => ({
      id: newId(clock.now(), random),
      at: new Date(clock.now()).toISOString(),
      kind: "prompt",
      servedModel: MODEL,
      sessionId: "session-1",
      input: "How do I sort a list?",
      output: "With sort().",
      ...rest,
    }),
    close: async () => {
      await app.close();
      policies.close();
      await opened.close();
      await rm(folder, { recursive: true });
    },
  };
  const queue = {
    nudge: () => {
      result.nudges += 1;
    },
    figures: (now: number) => store.work.figures(now),
  };
  const app: FastifyInstance = await createLearningApi({
    // This machine's load is no part of a test, unless one says so.
    limits: { eventLoopDelayMs: 0, heapBytes: 0, ...options.limits },
    ...(options.authenticators !== undefined && { authenticators: options.authenticators }),
    ...(options.plugins !== undefined && { plugins: options.plugins }),
    store,
    queue,
    filter,
    policies,
    secret: SECRET,
    keys,
    clock,
    random,
    log,
    version: "0.0.0",
  });
  const result: ApiUnderTest = { ...under, app };
  return result;
}

/** Random bytes that are the same each time. */
export function seeded(seed: number): (size: number) => Uint8Array {
  const random = new Random(seed);
  return (size) => Uint8Array.from({ length: size }, () => Math.floor(random.next() * 256));
}

export function ratingOf(api: ApiUnderTest, interactionId: string, rating = 5): FeedbackInput {
  return { id: api.id(), interactionId, at: new Date(api.clock.now()).toISOString(), type: "rating", rating };
}
