import type { FeedbackInput } from "../../../api/learning/feedback.ts";
import type { InteractionInput } from "../../../api/learning/interaction.ts";
import type { EventId } from "../../model.ts";
import { derivedId } from "../event-id.ts";
import { fencedCode } from "../fenced-code.ts";
import { instructionsOf, messagesOf, textOf, turnOf } from "./messages.ts";
import type { Attributes, Span, SpanEvent } from "./span.ts";

/** Hash of what tells an event from others. */
export type Identify = (...parts: readonly string[]) => string;

/**
 * Names of the semantic conventions for generative AI, all of status Development, as of semantic-conventions 1.37 to
 * 1.41 and of semantic-conventions-genai in August 2026. They are used in this file only.
 */
const OPERATIONS: ReadonlySet<unknown> = new Set(["chat", "text_completion", "generate_content"]);
const DETAILS = "gen_ai.client.inference.operation.details";
const EVALUATION = "gen_ai.evaluation.result";
const MOST_HISTORY = 128;

/** Undefined: the span is no model's answer, or came without its text (which instrumentations leave out by default). */
export function interactionOf(span: Span, identify: Identify): InteractionInput | undefined {
  const attributes = withDetails(span);
  if (!OPERATIONS.has(attributes.get("gen_ai.operation.name"))) return undefined;
  const asked = messagesOf(attributes.get("gen_ai.input.messages")) ?? [];
  const [answer] = messagesOf(attributes.get("gen_ai.output.messages")) ?? [];
  const last = asked.findLastIndex(({ role }) => role === "user");
  const input = textOf(asked[last]?.parts ?? [], "text");
  const output = textOf(answer?.parts ?? [], "text");
  // A step that only calls a tool answers nobody.
  if (input === "" || output === "") return undefined;

  const instructions = instructionsOf(attributes.get("gen_ai.system_instructions"));
  const history = [
    ...(instructions === "" ? [] : [{ role: "system" as const, content: instructions }]),
    ...asked.slice(0, last).flatMap((message) => turnOf(message) ?? []),
  ];
  const reasoning = textOf(answer?.parts ?? [], "reasoning");
  const model = textAt(attributes, "gen_ai.response.model");
  const subject = textAt(attributes, "user.id") ?? textAt(attributes, "enduser.id");
  return {
    id: idOf(span, identify),
    at: new Date(span.end).toISOString(),
    kind: "prompt",
    servedModel: textAt(attributes, "gen_ai.request.model") ?? "",
    ...(model !== undefined && { modelVersion: model }),
    thinking: reasoning !== "",
    sessionId: textAt(attributes, "gen_ai.conversation.id") ?? span.traceId,
    ...(subject !== undefined && { subject }),
    history: history.slice(-MOST_HISTORY),
    input,
    output,
    ...(reasoning !== "" && { reasoning }),
    code: fencedCode(output),
    usage: usageOf(span, attributes),
  };
}

/** Evaluations on the span that say what a user or a build said; a model's opinions have other names, and are not feedback. */
export function feedbackOf(span: Span, identify: Identify): readonly FeedbackInput[] {
  return span.events
    .filter(({ name }) => name === EVALUATION)
    .flatMap((event, place) => {
      const id = derivedId(event.at, identify("evaluation", span.traceId, span.spanId, String(place)));
      return evaluationOf(event, id, idOf(span, identify)) ?? [];
    });
}

function evaluationOf({ at, attributes }: SpanEvent, id: EventId, interactionId: EventId): FeedbackInput | undefined {
  const name = attributes.get("gen_ai.evaluation.name");
  const score = attributes.get("gen_ai.evaluation.score.value");
  if (typeof score !== "number" || score < 0 || score > 1) return undefined;
  const head = { id, interactionId, at: new Date(at).toISOString() };
  const succeeded = score >= 0.5;
  switch (name) {
    case "rating":
      return { ...head, type: "rating", rating: 1 + Math.round(score * 4) };
    case "acceptance":
      return { ...head, type: "acceptance", accepted: succeeded };
    case "compile":
      return { ...head, type: "compile", succeeded };
    case "test":
      return { ...head, type: "test", succeeded };
    case "deploy":
      return { ...head, type: "deploy", succeeded };
    default:
      return undefined;
  }
}

const idOf = ({ traceId, spanId, end }: Span, identify: Identify) => derivedId(end, identify("span", traceId, spanId));

/** Texts may stand on the span, or on an event of it. */
function withDetails({ attributes, events }: Span): Attributes {
  const details = events.find(({ name }) => name === DETAILS);
  return details === undefined ? attributes : new Map([...attributes, ...details.attributes]);
}

function textAt(attributes: Attributes, name: string): string | undefined {
  const value = attributes.get(name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function usageOf({ start, end }: Span, attributes: Attributes): NonNullable<InteractionInput["usage"]> {
  const count = (name: string, times = 1) => {
    const value = attributes.get(name);
    return typeof value === "number" && value >= 0 ? Math.round(value * times) : undefined;
  };
  const promptTokens = count("gen_ai.usage.input_tokens");
  const completionTokens = count("gen_ai.usage.output_tokens");
  const timeToFirstTokenMs = count("gen_ai.response.time_to_first_chunk", 1000);
  return {
    ...(promptTokens !== undefined && { promptTokens }),
    ...(completionTokens !== undefined && { completionTokens }),
    ...(timeToFirstTokenMs !== undefined && { timeToFirstTokenMs }),
    ...(end >= start && { durationMs: Math.round(end - start) }),
  };
}
