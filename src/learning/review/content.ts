import { setImmediate } from "node:timers/promises";
import type { CodeChange } from "../../api/learning/review-code.ts";
import type { ReviewContent, ReviewFeedback } from "../../api/learning/reviews.ts";
import type { BlockSyntax, CurrentAssessment, StoredFeedback } from "../model.ts";
import type { LoadedInteraction } from "../store/port.ts";
import { comparer, type Stopwatch } from "./diff.ts";

/** The newest of these are shown; an agent that sends thousands does not make the page slow. */
const SHOWN_FEEDBACK = 200;

/** What a reviewer sees of an interaction. Gives way to other requests between two pieces of code. */
export async function reviewContentOf(
  { interaction, feedback, assessment }: LoadedInteraction,
  threshold: number,
  stopwatch: Stopwatch,
): Promise<ReviewContent> {
  const { facts, content } = interaction;
  return {
    id: facts.id,
    policy: facts.policy,
    at: new Date(facts.at).toISOString(),
    kind: facts.kind,
    servedModel: facts.servedModel,
    modelVersion: facts.modelVersion,
    thinking: facts.thinking,
    languages: [...facts.languages],
    tools: [...facts.tools],
    redactions: { ...facts.redactions },
    placeholders: [...new Set(Object.values(content.placeholders))].sort(),
    history: content.history.map(({ role, content: text }) => ({ role, content: text })),
    input: content.input,
    output: content.output,
    reasoning: content.reasoning,
    context: content.context,
    usage: content.usage,
    code: await codeOf(content, feedback, stopwatch),
    feedback: feedback.slice(-SHOWN_FEEDBACK).map(feedbackOf),
    feedbackCount: feedback.length,
    threshold,
    assessment: assessment === undefined ? undefined : assessmentOf(assessment),
  };
}

async function codeOf(
  { code, syntax }: LoadedInteraction["interaction"]["content"],
  feedback: readonly StoredFeedback[],
  stopwatch: Stopwatch,
): Promise<ReviewContent["code"]> {
  const edits = latestEdits(feedback);
  const compare = comparer(stopwatch);
  const pieces: ReviewContent["code"] = [];
  for (const [block, { language, path, before, after }] of code.entries()) {
    const edit = edits.get(block);
    // The user's own change first: it says most, should the time not suffice for both.
    const edited: CodeChange | undefined = edit === undefined ? undefined : compare(after, edit.after);
    await setImmediate();
    const offered: CodeChange | undefined = before === undefined ? undefined : compare(before, after);
    await setImmediate();
    pieces.push({
      language,
      path,
      after,
      syntax: syntaxOf(syntax[block]),
      offered,
      edited,
      editedSyntax: syntaxOf(edit?.syntax),
    });
  }
  return pieces;
}

function latestEdits(feedback: readonly StoredFeedback[]) {
  const edits = new Map<number, { readonly after: string; readonly syntax: BlockSyntax | undefined }>();
  for (const { feedback: given, syntax } of feedback) {
    if (given.type === "edit") edits.set(given.block, { after: given.after, syntax });
  }
  return edits;
}

function syntaxOf(syntax: BlockSyntax | undefined) {
  if (syntax === undefined || (syntax.before === undefined && syntax.after === undefined)) return undefined;
  return { before: syntax.before, after: syntax.after };
}

function feedbackOf({ feedback }: StoredFeedback): ReviewFeedback {
  const { type, at } = feedback;
  switch (feedback.type) {
    case "rating":
      return { type, at, rating: feedback.rating };
    case "acceptance":
      return { type, at, accepted: feedback.accepted };
    case "edit":
      return { type, at, block: feedback.block };
    case "retention":
      return { type, at, point: feedback.point, share: feedback.share };
    case "test": {
      const { succeeded, passed, failed } = feedback;
      return { type, at, succeeded, passed, failed };
    }
    case "compile":
    case "deploy":
      return { type, at, succeeded: feedback.succeeded };
    case "comment":
      return { type, at, text: feedback.text };
  }
}

function assessmentOf(assessment: CurrentAssessment): NonNullable<ReviewContent["assessment"]> {
  const { overall, confidence, dimensions, why, assessorVersion, assessedAt } = assessment;
  const at = new Date(assessedAt).toISOString();
  return { overall, confidence, dimensions: { ...dimensions }, why: [...why], assessor: assessorVersion, at };
}
