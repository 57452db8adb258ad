/**
 * A worker in a process of its own that is killed, by SIGKILL, when it comes to a step: `node dying-worker.ts STEP`,
 * with DATABASE_URL, and REDIS_URL and PREFIX where the queue is Redis.
 */
import { systemClock } from "../../../runtime/clock.ts";
import { silentLog } from "../../../testing/log.ts";
import type { WorkQueue } from "../../queue/port.ts";
import { RedisQueue } from "../../queue/redis-queue.ts";
import { TableQueue } from "../../queue/table-queue.ts";
import { openPostgres, type Store } from "../../store/index.ts";
import { memoryScoreCache } from "../score-cache/memory.ts";
import { startWorker } from "../worker.ts";
import { scoreOf } from "./scores.ts";
import { type DeathStep, SECRET, TIMES } from "./settings.ts";

const step = process.argv[2] as DeathStep;
const { DATABASE_URL: url = "", REDIS_URL: redis, PREFIX: prefix = "" } = process.env;

function dieAt(here: DeathStep): void {
  if (here === step) process.kill(process.pid, "SIGKILL");
}

const store: Store = await openPostgres({ url, secret: SECRET, connections: 2 });
const common = { work: store.work, clock: systemClock, log: silentLog, ...TIMES };
const queue: WorkQueue =
  redis === undefined
    ? new TableQueue({ ...common, owner: `dying-${process.pid}` })
    : new RedisQueue({ ...common, url: redis, consumer: `dying-${process.pid}`, prefix, relayEveryMs: 100 });

startWorker({
  store: {
    interactions: store.interactions,
    assessments: {
      ...store.assessments,
      put: async (batch, now) => {
        const putting = store.assessments.put(batch, now);
        dieAt("whilePutting");
        const current = await putting;
        dieAt("afterPut");
        return current;
      },
    },
  },
  queue: {
    nudge: () => queue.nudge(),
    take: async (max, waitMs) => {
      const taken = await queue.take(max, waitMs);
      if (taken.length > 0) dieAt("afterTake");
      return taken;
    },
    done: async (deliveries) => {
      await queue.done(deliveries);
      dieAt("afterDone");
    },
    failed: (deliveries, reason) => queue.failed(deliveries, reason),
    figures: (now) => queue.figures(now),
    close: () => queue.close(),
  },
  assess: (batch) => {
    const scores = batch.map(scoreOf);
    dieAt("afterAssess");
    return scores;
  },
  assessorVersion: () => "1",
  cache: memoryScoreCache(),
  clock: systemClock,
  log: silentLog,
  batch: 10,
  waitMs: 200,
});
