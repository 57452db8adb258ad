import type { Instant } from "../model.ts";
import type { LoadedInteraction } from "../store/port.ts";
import { correctedAnswer } from "./edits.ts";
import type { Exclusion } from "./rows.ts";

/** A conversation, of which only the last answer was judged. */
export interface Conversation {
  readonly history: readonly { readonly role: string; readonly content: string }[];
  readonly input: string;
  readonly answer: string;
  /** Without tags; undefined: none, or a blank one. */
  readonly reasoning: string | undefined;
}

/** What is learnt from one interaction. */
export interface Example {
  readonly conversation: Conversation;
  /** Of its first block of code; `none` without code. */
  readonly language: string;
  /** The user's code stands in for the model's. */
  readonly edited: boolean;
}

const NO_LANGUAGE = "none";

/** Any of Qwen's special tokens (`<|im_end|>`): the tokenizer would read it as one, wherever the text came from. */
const CONTROL_TOKEN = /<\|[a-z_]{1,32}\|>/;

/** The training example in `loaded`, or why there is none. */
export function exampleOf(loaded: LoadedInteraction, asOf: Instant): Example | Exclusion {
  const { facts, content } = loaded.interaction;
  const corrected = correctedAnswer(loaded, asOf);
  const { reasoning, answer } = apart(corrected ?? content.output, content.reasoning);
  if (answer.trim() === "") return "NoAnswer";
  const tokens = [content.input, answer, reasoning ?? ""].some(hasControlToken);
  if (tokens || content.history.some((message) => hasControlToken(message.content))) return "ControlTokens";
  return {
    conversation: {
      history: content.history,
      input: content.input,
      answer,
      reasoning: reasoning === undefined || reasoning.trim() === "" ? undefined : reasoning,
    },
    language: content.code[0]?.language ?? facts.languages[0] ?? NO_LANGUAGE,
    edited: corrected !== undefined,
  };
}

function hasControlToken(text: string): boolean {
  return text.includes("<|") && CONTROL_TOKEN.test(text);
}

/** Thinking that came inside the answer, between its tags, is taken out as the trainer takes it out. */
function apart(answer: string, reasoning: string | undefined): { reasoning: string | undefined; answer: string } {
  const end = answer.indexOf("</think>");
  if (reasoning !== undefined || end === -1) return { reasoning, answer };
  const before = answer.slice(0, end);
  const start = before.indexOf("<think>");
  return {
    reasoning: start === -1 ? before : before.slice(start + "<think>".length),
    answer: answer.slice(end + "</think>".length).replace(/^\n+/, ""),
  };
}
