import {
  adjustThresholds,
  assessorVersion,
  createAssessment,
  standardAssessors,
  thresholdReader,
} from "../learning/assessment/index.ts";
import { datasetTask } from "../learning/dataset/index.ts";
import { nameOf } from "../learning/intake/policy-book.ts";
import { queueMetrics } from "../learning/queue/metrics.ts";
import { codeParser } from "../learning/syntax/index.ts";
import { erasureTask } from "../learning/tasks/erasure.ts";
import { eraseAgain } from "../learning/tasks/erasure-records.ts";
import { redactTask } from "../learning/tasks/redact-again.ts";
import { standardDuties, startDuties } from "../learning/worker/duties.ts";
import { workerMetrics } from "../learning/worker/metrics.ts";
import { memoryScoreCache } from "../learning/worker/score-cache/memory.ts";
import { redisScoreCache } from "../learning/worker/score-cache/redis.ts";
import { startTaskRunner } from "../learning/worker/tasks.ts";
import { startWorker } from "../learning/worker/worker.ts";
import { derivedText, type Parts } from "./parts.ts";
import { openWorkspace } from "./workspace.ts";

/** What runs beside the API, or in processes of its own. */
export interface Work {
  /** Undefined: it goes on. Else why this process should be started again. */
  liveness(): string | undefined;
  /** Finishes what it has within `deadlineMs`; the rest is another's. */
  stop(deadlineMs: number): Promise<void>;
}

export function startWork(parts: Parts, cacheUrl: string | undefined): Work {
  const { store, queue, policies, filter, artifacts, registry, clock, log, owner, master } = parts;
  const metrics = workerMetrics(registry);
  const assessors = standardAssessors(codeParser());
  const assessed = assessorVersion(assessors);
  const cache =
    cacheUrl === undefined
      ? memoryScoreCache()
      : redisScoreCache({ url: cacheUrl, log, metrics: queueMetrics(registry) });
  const now = () => clock.now();
  const worker = startWorker({
    store,
    queue,
    cache,
    clock,
    log,
    metrics,
    assess: createAssessment({
      assessors,
      policyOf: (policy) => policies.named(policy),
      thresholdOf: thresholdReader(store.thresholds, THRESHOLD_AGE, now),
      salt: derivedText(master, "audit"),
    }),
    assessorVersion: () => assessed,
  });
  const workspace = openWorkspace();
  const tasks = startTaskRunner({
    tasks: store.tasks,
    owner,
    clock,
    log,
    metrics,
    lasting: new Set(["erasure", "redact"]),
    handlers: {
      dataset: datasetTask({
        store,
        artifacts,
        policies,
        evaluation: parts.config.evaluationSets,
        workspace: workspace.fresh,
        log,
        clock,
      }),
      erasure: erasureTask({ erasures: store.erasures, artifacts, clock }),
      redact: redactTask({ store, artifacts, filter, policies, workspace: workspace.fresh, clock }),
    },
  });
  const duties = startDuties({
    clock,
    log,
    metrics,
    random: Math.random,
    duties: standardDuties({
      maintain: (at) => store.maintain(at),
      adjustThresholds: async (at) => {
        const scopes = (policies.current()?.policies ?? []).map((policy) => ({
          tenant: parts.config.tenant,
          policy: nameOf(policy),
          assessment: policy.assessment,
        }));
        await adjustThresholds({ store, scopes, now: at });
      },
      eraseAgain: async (at, signal) => {
        const { begun, rows } = await eraseAgain({ artifacts, store, tenant: parts.config.tenant, now: at, signal });
        if (begun + rows > 0) log.warn({ begun, rows }, "found what was erased before; erasing it again");
      },
    }),
  });
  return {
    liveness: () => worker.liveness() ?? tasks.liveness(),
    stop: async (deadlineMs) => {
      await Promise.all([worker.stop(deadlineMs), tasks.stop(deadlineMs), duties.stop(deadlineMs)]);
      await cache.close();
      workspace[Symbol.dispose]();
    },
  };
}

/** How old a threshold may be that a score is held against. */
const THRESHOLD_AGE = 10_000;
