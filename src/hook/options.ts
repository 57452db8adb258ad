import type { Agent } from "node:http";
import type { InputKind } from "../api/learning/interaction.ts";
import type { BatchLimits } from "./backlog.ts";
import type { Patience } from "./backoff.ts";
import { KINDS, LABEL, MAX_BATCH, MAX_FIELD, MAX_LABEL } from "./limits.ts";

export interface HookOptions {
  /** Where the learning API is: `https://learning.example`, with a path where it has one. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`; a function is asked before each request, for keys that change. */
  readonly apiKey: string | (() => string);
  /** The name by which the model is asked for; it finds the QualityPolicy. */
  readonly servedModel: string;
  /** The version that answers, where one interaction does not say it; a function is asked at each `record`. */
  readonly modelVersion?: string | (() => string | undefined);
  /** Kind of input where one interaction does not say it. Default `prompt`. */
  readonly kind?: InputKind;
  /** Conversation where one interaction does not say it. Default: one for the life of the hook. */
  readonly sessionId?: string;
  /** The person, for erasure. */
  readonly subject?: string;
  /** Default: host and path of the git remote `origin`. */
  readonly repository?: string;
  /** What to read of the project. `false`: nothing. */
  readonly context?: false | { readonly root?: string; readonly refreshMs?: number };
  /** `false`: a hook that does nothing, for users who opted out. Default true. */
  readonly enabled?: boolean;
  /** How many items may wait. Default 10,000. */
  readonly maxQueuedItems?: number;
  /** How much memory they may take, at two bytes a character. Default 64 MiB. */
  readonly maxQueuedBytes?: number;
  /** Items in a request. Default 100, at most 500. */
  readonly batchItems?: number;
  /** Characters in a request, where a single item is not longer. Default 512 Ki, at most 1 Mi. */
  readonly batchCharacters?: number;
  /** How long the first of a batch waits for others. Default 1000. */
  readonly intervalMs?: number;
  /** For an answer. Default 10,000. */
  readonly timeoutMs?: number;
  /** For a connection, TLS included. Default 3000. */
  readonly connectTimeoutMs?: number;
  /** First pause after a failure; doubles up to `retryLongestMs`. Default 500. */
  readonly retryFirstMs?: number;
  /** Default 30,000. */
  readonly retryLongestMs?: number;
  /** When the process has nothing else to do, it waits this long for what is queued. Default: it does not wait. */
  readonly flushOnExitMs?: number;
  /** Node's own agent, for a proxy or a private CA. */
  readonly agent?: Agent;
}

export interface Settings {
  /** Why nothing can be sent, in a sentence without the value. */
  readonly problem: string | undefined;
  readonly enabled: boolean;
  readonly base: URL;
  readonly apiKey: () => string;
  readonly servedModel: string;
  readonly modelVersion: () => string | undefined;
  readonly kind: InputKind;
  readonly sessionId: string | undefined;
  readonly subject: string | undefined;
  readonly repository: string | undefined;
  readonly context: { readonly root: () => string; readonly refreshMs: number } | undefined;
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly batch: BatchLimits;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly patience: Patience;
  readonly flushOnExitMs: number | undefined;
  readonly agent: Agent | undefined;
}

const NOWHERE = new URL("http://localhost/");

/** The options made whole. Figures out of bounds are brought within them; what cannot be used makes a `problem`. */
export function settle(options: HookOptions): Settings {
  const { apiKey, modelVersion, servedModel, context } = options;
  const base = address(options.url);
  const firstMs = bounded(options.retryFirstMs, 500, 1, 60_000);
  return {
    problem: problemOf(options, base),
    enabled: options.enabled !== false,
    base: base ?? NOWHERE,
    apiKey: typeof apiKey === "function" ? apiKey : () => apiKey,
    servedModel,
    modelVersion: typeof modelVersion === "function" ? modelVersion : () => modelVersion,
    kind: KINDS.find((kind) => kind === options.kind) ?? "prompt",
    sessionId: options.sessionId,
    subject: options.subject,
    repository: options.repository,
    context: context === false ? undefined : contextOf(context),
    maxItems: bounded(options.maxQueuedItems, 10_000, 1, 1_000_000),
    maxBytes: bounded(options.maxQueuedBytes, 64 << 20, 1 << 16, 2 ** 32),
    batch: {
      items: bounded(options.batchItems, 100, 1, MAX_BATCH),
      units: bounded(options.batchCharacters, 512 << 10, 1, MAX_FIELD),
      intervalMs: bounded(options.intervalMs, 1000, 0, 600_000),
    },
    timeoutMs: bounded(options.timeoutMs, 10_000, 1, 600_000),
    connectTimeoutMs: bounded(options.connectTimeoutMs, 3000, 1, 600_000),
    patience: { firstMs, longestMs: Math.max(firstMs, bounded(options.retryLongestMs, 30_000, 1, 600_000)) },
    flushOnExitMs: options.flushOnExitMs === undefined ? undefined : bounded(options.flushOnExitMs, 0, 0, 600_000),
    agent: options.agent,
  };
}

/** Of options that could not even be read. */
export function unreadable(): Settings {
  const settings = settle({ url: "", apiKey: "", servedModel: "", context: false });
  return { ...settings, problem: "the options cannot be read" };
}

function problemOf({ apiKey, servedModel }: HookOptions, base: URL | undefined): string | undefined {
  if (base === undefined) return "`url` is not an http or https address";
  if (typeof apiKey !== "function" && (typeof apiKey !== "string" || apiKey === "")) return "`apiKey` is empty";
  if (typeof servedModel !== "string" || servedModel.length > MAX_LABEL.servedModel || !LABEL.test(servedModel))
    return "`servedModel` is not a model's name";
  return undefined;
}

function contextOf(context: Exclude<HookOptions["context"], false>): Settings["context"] {
  const root = context?.root;
  return {
    root: typeof root === "string" ? () => root : () => process.cwd(),
    refreshMs: bounded(context?.refreshMs, 300_000, 1000, 86_400_000),
  };
}

export function bounded(value: unknown, otherwise: number, least: number, most: number): number {
  if (typeof value !== "number" || Number.isNaN(value)) return otherwise;
  return Math.min(Math.max(value, least), most);
}

function address(text: unknown): URL | undefined {
  if (typeof text !== "string" || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  const { origin, pathname } = url;
  return new URL(pathname.endsWith("/") ? pathname : `${pathname}/`, origin);
}
