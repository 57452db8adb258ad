import { getHeapStatistics } from "node:v8";
import { MAX_REQUEST } from "../../api/learning/batch.ts";
import type { Milliseconds } from "../../kube/clock.ts";

export interface ApiLimits {
  /** Of one body, after it was unpacked. */
  readonly requestBytes: number;
  /** Of all bodies that are being read or worked on. Further ones are answered 503 before they are read. */
  readonly bytesInFlight: number;
  /** Containers and fields of one JSON body: a body of nothing but brackets becomes forty times its size in memory. */
  readonly jsonNodes: number;
  readonly jsonDepth: number;
  /** Of one key: so much is earned each second, up to the burst. */
  readonly itemsPerSecond: number;
  readonly itemBurst: number;
  readonly requestsPerSecond: number;
  readonly requestBurst: number;
  /** Above these, all but health and metrics is answered 503. 0: not looked at. */
  readonly eventLoopDelayMs: Milliseconds;
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** In which a whole request must have come. */
  readonly requestTimeoutMs: Milliseconds;
  /** After which an idle connection ends. */
  readonly idleTimeoutMs: Milliseconds;
}

/** For a pod of 1 GiB and one or two cores. */
export const DEFAULT_LIMITS: ApiLimits = {
  requestBytes: MAX_REQUEST,
  bytesInFlight: 8 * MAX_REQUEST,
  jsonNodes: 500_000,
  jsonDepth: 64,
  itemsPerSecond: 2_000,
  itemBurst: 10_000,
  requestsPerSecond: 200,
  requestBurst: 1_000,
  eventLoopDelayMs: 500,
  heapBytes: Math.floor(getHeapStatistics().heap_size_limit * 0.85),
  rssBytes: 0,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 72_000,
};
