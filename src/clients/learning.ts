import { request } from "undici";
import { z } from "zod";
import { datasetPage, datasetView, type Lineage } from "../api/learning/datasets.ts";
import { erasure } from "../api/learning/erasures.ts";
import type { FeedbackInput } from "../api/learning/feedback.ts";
import type { InteractionInput } from "../api/learning/interaction.ts";
import { interactionPage, interactionView } from "../api/learning/interaction-view.ts";
import { type PolicySet, policySet } from "../api/learning/policies.ts";
import { policyResult } from "../api/learning/policy-result.ts";
import { analysis, summary, type TREND_BUCKETS, trend } from "../api/learning/quality.ts";
import { queueFigures } from "../api/learning/queue.ts";
import { batchResult, problem } from "../api/learning/results.ts";
import { type DatasetRequest, task } from "../api/learning/tasks.ts";

/** A page of 500 long interactions. */
const LIMIT = 256 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

export interface LearningApi {
  /** `http://qi-learning:8080` */
  readonly url: string;
  /** An API key or a service account's token, asked for with each request: tokens are renewed. */
  readonly credential: () => string | Promise<string>;
}

/** The learning API refused, or is not what it should be. */
export class LearningApiError extends Error {
  override readonly name = "LearningApiError";
  readonly status: number;
  /** The problem's code; empty where none came. */
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(tried: string, status: number, code: string, said: string, retryAfterSeconds: number | undefined) {
    super(`${tried}: the learning API answered ${status} ${code}: ${said}`);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** The same request later can succeed. */
  get retryable(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

interface Span {
  readonly policy: string;
  readonly from?: string;
  readonly to?: string;
}

export type LearningClient = ReturnType<typeof learningClient>;

/** What the operator and tests ask of the learning API. Every call ends by its signal or after 30 seconds without a byte. */
export function learningClient(api: LearningApi) {
  const get = <T>(schema: z.ZodType<T>, path: string, query: object, signal: AbortSignal) =>
    call(api, schema, "GET", path + queryOf(query), undefined, signal);
  const post = <T>(schema: z.ZodType<T>, path: string, body: object, signal: AbortSignal) =>
    call(api, schema, "POST", path, body, signal);
  return {
    interactions: (interactions: readonly InteractionInput[], signal: AbortSignal) =>
      post(batchResult, "/v1/interactions", { interactions }, signal),
    feedback: (feedback: readonly FeedbackInput[], signal: AbortSignal) =>
      post(batchResult, "/v1/feedback", { feedback }, signal),
    query: (query: Readonly<Record<string, string | number>>, signal: AbortSignal) =>
      get(interactionPage, "/v1/interactions", query, signal),
    interaction: (id: string, signal: AbortSignal) => get(interactionView, `/v1/interactions/${id}`, {}, signal),
    /** The set in force; undefined: none has ever come. */
    policies: (signal: AbortSignal): Promise<PolicySet | undefined> =>
      get(policySet, "/v1/policies", {}, signal).catch((error: unknown) => {
        if (error instanceof LearningApiError && error.status === 404) return undefined;
        throw error;
      }),
    /** Puts a whole set in force. A set that is in force already is answered `unchanged`. */
    putPolicies: (set: PolicySet, signal: AbortSignal) => call(api, policyResult, "PUT", "/v1/policies", set, signal),
    summary: (span: Span, signal: AbortSignal) => get(summary, "/v1/quality/summary", span, signal),
    trend: (
      span: Span & { readonly bucket?: keyof typeof TREND_BUCKETS; readonly facet?: string },
      signal: AbortSignal,
    ) => get(trend, "/v1/quality/trend", span, signal),
    analysis: (span: Span, signal: AbortSignal) => get(analysis, "/v1/quality/analysis", span, signal),
    queue: (signal: AbortSignal) => get(queueFigures, "/v1/queue", {}, signal),
    /** With an id, asking twice builds once. */
    buildDataset: (wanted: DatasetRequest, signal: AbortSignal) => post(task, "/v1/datasets", wanted, signal),
    datasets: (query: { readonly policy?: string; readonly cursor?: string }, signal: AbortSignal) =>
      get(datasetPage, "/v1/datasets", query, signal),
    dataset: (sha256: string, signal: AbortSignal) => get(datasetView, `/v1/datasets/${sha256}`, {}, signal),
    task: (id: string, signal: AbortSignal) => get(task, `/v1/tasks/${encodeURIComponent(id)}`, {}, signal),
    lineage: (of: Lineage, signal: AbortSignal) => post(z.undefined(), "/v1/lineage", of, signal),
    erase: (of: { readonly id?: string; readonly subject: string }, signal: AbortSignal) =>
      post(erasure, "/v1/erasures", of, signal),
    erasure: (id: string, signal: AbortSignal) => get(erasure, `/v1/erasures/${id}`, {}, signal),
  };
}

async function call<T>(
  { url, credential }: LearningApi,
  schema: z.ZodType<T>,
  method: "GET" | "POST" | "PUT",
  path: string,
  body: object | undefined,
  signal: AbortSignal,
): Promise<T> {
  const tried = `${method} ${path.split("?")[0]}`;
  const answer = await request(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await credential()}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  const text = await textOf(answer.body, tried);
  if (answer.statusCode >= 300) throw refusalOf(tried, answer.statusCode, text, answer.headers["retry-after"]);
  return schema.parse(text === "" ? undefined : JSON.parse(text));
}

async function textOf(body: AsyncIterable<Buffer>, tried: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > LIMIT) throw new Error(`${tried}: the learning API answered with more than ${LIMIT} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function refusalOf(tried: string, status: number, text: string, retryAfter: string | string[] | undefined) {
  const seconds = Number(retryAfter);
  const after = Number.isFinite(seconds) ? seconds : undefined;
  const { data } = problem.safeParse(parsed(text));
  return new LearningApiError(tried, status, data?.code ?? "", data?.detail ?? data?.title ?? "no problem", after);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function queryOf(query: object): string {
  const text = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return text === "" ? "" : `?${text}`;
}
