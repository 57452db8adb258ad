import type { z } from "zod";
import type { continueEvents } from "../../../api/learning/continue.ts";
import type { FeedbackInput } from "../../../api/learning/feedback.ts";
import type { InteractionInput } from "../../../api/learning/interaction.ts";
import type { EventId, Instant } from "../../model.ts";
import { derivedId } from "../event-id.ts";
import { fencedCode } from "../fenced-code.ts";
import { languageOf } from "./languages.ts";
import { answerOf, questionOf } from "./text.ts";

export type Chat = z.output<typeof continueEvents.chatInteraction>;
export type ChatFeedback = z.output<typeof continueEvents.chatFeedback>;
export type EditOutcome = z.output<typeof continueEvents.editOutcome>;

/** Hash of what tells an event from others. */
export type Identify = (...parts: readonly string[]) => string;

const DAY = 86_400_000;
/** How many days back an answer can lie that somebody rates: ids older than that are refused. */
const DAYS_BACK = 6;

/**
 * The id of a chat's answer. Continue gives it none, and a thumb that comes later says neither the time nor an id, so
 * it is made from what both have: session, question and answer. Its time part is the day's beginning.
 */
export function chatId(
  chat: Pick<Chat, "prompt" | "completion" | "sessionId">,
  at: Instant,
  identify: Identify,
): EventId {
  return derivedId(Math.floor(at / DAY) * DAY, identify("chat", chat.sessionId, chat.prompt, chat.completion));
}

/** The ids that a rated answer can have, its own day's first. */
export function candidateIds(rated: ChatFeedback, identify: Identify): readonly EventId[] {
  const at = Date.parse(rated.timestamp);
  return Array.from({ length: DAYS_BACK + 1 }, (_, days) => chatId(rated, at - days * DAY, identify));
}

export function chatInteraction(chat: Chat | ChatFeedback, identify: Identify): InteractionInput {
  const output = answerOf(chat.completion);
  const { input, history } = questionOf(chat.prompt);
  return {
    id: chatId(chat, Date.parse(chat.timestamp), identify),
    at: chat.timestamp,
    kind: "prompt",
    servedModel: chat.modelName,
    sessionId: chat.sessionId,
    ...subjectOf(chat),
    input,
    history: history.slice(-128),
    output,
    code: fencedCode(output),
  };
}

/** A thumb up is the best rating, a thumb down the worst. Undefined: it says nothing. */
export function chatRating(rated: ChatFeedback, interactionId: EventId, identify: Identify): FeedbackInput | undefined {
  if (rated.feedback === undefined) return undefined;
  const at = rated.timestamp;
  const id = derivedId(Date.parse(at), identify("rating", interactionId, at, String(rated.feedback)));
  return { id, interactionId, at, type: "rating", rating: rated.feedback ? 5 : 1 };
}

/** An edit is told once, with its outcome: an interaction of its own, accepted or not. */
export function editInteraction(edit: EditOutcome, identify: Identify): readonly [InteractionInput, FeedbackInput] {
  const { timestamp: at, prompt, completion, previousCode, newCode, accepted, filepath } = edit;
  const hash = identify("edit", at, prompt, completion, previousCode, newCode, filepath);
  const id = derivedId(Date.parse(at), hash);
  // A path on somebody's machine names that somebody; the file's own name is enough.
  const path = filepath.split(/[/\\]/).at(-1) ?? "";
  const interaction: InteractionInput = {
    id,
    at,
    kind: "command",
    servedModel: edit.modelName,
    // It belongs to no session that Continue tells.
    sessionId: hash,
    ...subjectOf(edit),
    input: questionOf(prompt).input,
    output: answerOf(completion),
    code: [{ language: languageOf(path), ...(path !== "" && { path }), before: previousCode, after: newCode }],
  };
  const feedbackId = derivedId(Date.parse(at), identify("acceptance", id));
  return [interaction, { id: feedbackId, interactionId: id, at, type: "acceptance", accepted }];
}

const subjectOf = ({ userId }: Pick<Chat, "userId">) =>
  userId === undefined || userId === "" ? {} : { subject: userId };
