import { RE2JS } from "re2js";
import { type PolicySet, policySet } from "../../../api/learning/policies.ts";
import { policyResult } from "../../../api/learning/policy-result.ts";
import type { RedactTask } from "../../../api/learning/tasks.ts";
import { findsMore, nameOf, POLICY_POLL_MS } from "../../intake/policy-book.ts";
import type { RouteDeps } from "../deps.ts";
import { ApiProblem } from "../errors.ts";
import { refusals } from "../openapi.ts";
import type { Api } from "../types.ts";
import { principalOf } from "./asked.ts";
import { createTask } from "./tasks.ts";

export function policyRoutes(app: Api, deps: RouteDeps): void {
  const { store, policies, clock } = deps;

  app.get("/v1/policies", {
    schema: {
      tags: ["look"],
      summary: "The policies in force",
      response: { 200: policySet, ...refusals("NotFound") },
    },
    handler: async () => {
      const set = await store.policies.current();
      if (set === undefined) throw new ApiProblem("NotFound", "no policy has arrived yet");
      return set;
    },
  });

  app.put("/v1/policies", {
    schema: {
      tags: ["run"],
      summary: "Put a whole set of policies in force",
      body: policySet,
      response: { 200: policyResult, ...refusals("Stale", "Conflict", "TooLarge", "UnsupportedMediaType") },
    },
    handler: async (request) => {
      const { tenant } = principalOf(request);
      const set = request.body;
      const fault = faultOf(set);
      if (fault !== undefined) throw new ApiProblem("Invalid", fault);
      const current = await store.policies.current();
      if (current !== undefined && set.revision < current.revision) throw new ApiProblem("Stale");
      // Before the set is in force: a crash in between must leave a redaction too many, not one too few.
      const tasks = [];
      for (const input of redactionsOf(set, current, clock.now() + 2 * POLICY_POLL_MS)) {
        const id = `redact-${input.revision}-${input.policy.replace("/", ".")}`;
        tasks.push(await createTask(deps, { id, tenant, kind: "redact", input }));
      }
      const outcome = await store.policies.replace(set);
      if (outcome === "stale") throw new ApiProblem("Stale");
      if (outcome === "conflict") throw new ApiProblem("Conflict", "revision: another set has it");
      await policies.refresh();
      return { revision: set.revision, outcome, redactions: tasks.map(({ id }) => id) };
    },
  });
}

/** What a schema cannot see. */
function faultOf({ policies }: PolicySet): string | undefined {
  const seen = new Set<string>();
  for (const [index, { namespace, name, servedModel, privacy }] of policies.entries()) {
    for (const key of [`name ${namespace}/${name}`, `model ${namespace}/${servedModel}`]) {
      if (seen.has(key)) return `policies.${index}: another policy of its namespace has its name or its servedModel`;
      seen.add(key);
    }
    const broken = privacy.custom.findIndex(({ pattern }) => !compiles(pattern));
    if (broken >= 0) {
      return `policies.${index}.privacy.custom.${broken}.pattern: must be RE2 syntax and not match empty text`;
    }
  }
  return undefined;
}

function compiles(pattern: string): boolean {
  try {
    return !RE2JS.compile(pattern).matcher("").matches();
  } catch {
    return false;
  }
}

/**
 * What is stored must be looked through again where a policy now finds more than it did; what one found that was taken
 * back and comes again is not known any more.
 */
function redactionsOf(set: PolicySet, current: PolicySet | undefined, notBefore: number): readonly RedactTask[] {
  if (current === undefined) return [];
  const before = new Map(current.policies.map((policy) => [nameOf(policy), policy.privacy]));
  return set.policies.flatMap((policy) => {
    const former = before.get(nameOf(policy));
    if (former !== undefined && !findsMore(policy.privacy, former)) return [];
    return [{ policy: nameOf(policy), revision: set.revision, notBefore }];
  });
}
