import type { CodeBlock, InteractionInput } from "../api/learning/interaction.ts";
import { type Copy, INVALID, partly } from "./copy.ts";
import { copyContext } from "./copy-context.ts";
import type { RecordInput } from "./given.ts";
import {
  KINDS,
  LABEL,
  MAX_CODE_BLOCKS,
  MAX_COUNT,
  MAX_FIELD,
  MAX_HISTORY,
  MAX_LABEL,
  MAX_MILLISECONDS,
  MAX_OPAQUE,
  MAX_PATH,
  MAX_REQUEST,
  ROLES,
} from "./limits.ts";

type History = NonNullable<InteractionInput["history"]>;
type Usage = NonNullable<InteractionInput["usage"]>;

/** What the options give to every interaction that does not say it itself. */
export interface Own {
  readonly servedModel: string;
  readonly modelVersion: string | undefined;
  readonly kind: InteractionInput["kind"];
  readonly sessionId: string;
  readonly subject: string | undefined;
  readonly repository: string | undefined;
  readonly context: NonNullable<InteractionInput["context"]> | undefined;
  /** Of the texts in `context`, which is shared. */
  readonly contextUnits: number;
}

/** An interaction as the API takes it. Throws `Unfit`, or whatever the agent's getters throw. */
export function copyInteraction(given: RecordInput, own: Own, id: string, now: number, copy: Copy): InteractionInput {
  const body: InteractionInput = {
    id,
    at: copy.when(given.at, now),
    kind: copy.choice(given.kind, KINDS) ?? own.kind,
    servedModel: copy.text(given.servedModel ?? own.servedModel, MAX_LABEL.servedModel, 1),
    sessionId: copy.text(given.sessionId ?? own.sessionId, MAX_OPAQUE, 1),
    input: copy.text(given.input, MAX_FIELD, 1),
    output: copy.text(given.output, MAX_FIELD),
  };
  if (given.thinking === true) body.thinking = true;
  const modelVersion = copy.maybe(given.modelVersion ?? own.modelVersion, MAX_LABEL.modelVersion, LABEL);
  if (modelVersion !== undefined) body.modelVersion = modelVersion;
  const subject = copy.maybe(given.subject ?? own.subject, MAX_OPAQUE, /./s);
  if (subject !== undefined) body.subject = subject;
  const repository = copy.maybe(given.repository ?? own.repository, MAX_OPAQUE, /./s);
  if (repository !== undefined) body.repository = repository;
  const reasoning = copy.maybe(given.reasoning, MAX_FIELD);
  if (reasoning !== undefined) body.reasoning = reasoning;
  if (given.code !== undefined) body.code = copyCode(given.code, copy);
  if (given.usage !== undefined) body.usage = copyUsage(given.usage, copy);
  const context = copyContext(given.context, own, copy);
  if (context !== undefined) body.context = context;
  if (given.history !== undefined) body.history = copyHistory(given.history, copy);
  return body;
}

/** The newest turns, as far back as they fit: a conversation with a hole in it would mislead. */
function copyHistory(given: History, copy: Copy): History {
  if (!Array.isArray(given)) throw INVALID;
  const kept: History = [];
  for (let index = given.length - 1; index >= 0; index--) {
    const turn = partly(given[index]);
    const role = copy.choice(turn.role, ROLES);
    const { content } = turn;
    const fits = role !== undefined && typeof content === "string" && content.length <= MAX_FIELD;
    if (!fits || kept.length === MAX_HISTORY || copy.units + content.length > MAX_REQUEST) {
      copy.leftOut += 1;
      break;
    }
    kept.push({ role, content: copy.text(content, MAX_FIELD) });
  }
  return kept.reverse();
}

/** From the first on, none in between left out: feedback names a block by its index. */
function copyCode(given: NonNullable<InteractionInput["code"]>, copy: Copy): CodeBlock[] {
  if (!Array.isArray(given)) throw INVALID;
  const kept: CodeBlock[] = [];
  const count = Math.min(given.length, MAX_CODE_BLOCKS);
  if (count < given.length) copy.leftOut += 1;
  for (let index = 0; index < count; index++) {
    const from = partly(given[index]);
    const block: CodeBlock = {
      language: copy.maybe(from.language, MAX_LABEL.language, LABEL) ?? "unknown",
      after: copy.text(from.after, MAX_FIELD),
    };
    const path = copy.maybe(from.path, MAX_PATH);
    if (path !== undefined) block.path = path;
    const before = copy.maybe(from.before, MAX_FIELD);
    if (before !== undefined) block.before = before;
    kept.push(block);
  }
  return kept;
}

function copyUsage(given: Usage, copy: Copy): Usage {
  const from = partly(given);
  const usage: Usage = {};
  for (const name of ["promptTokens", "completionTokens"] as const) {
    const count = copy.whole(from[name], MAX_COUNT);
    if (count !== undefined) usage[name] = count;
  }
  for (const name of ["durationMs", "timeToFirstTokenMs"] as const) {
    const ms = copy.whole(from[name], MAX_MILLISECONDS);
    if (ms !== undefined) usage[name] = ms;
  }
  return usage;
}
