import type {
  InteractionContent,
  InteractionFacts,
  InteractionKey,
  Placeholders,
  StoredFeedback,
} from "../../model.ts";
import { json, number, optionalText, text, word } from "../sql/columns.ts";
import type { Row } from "../sql/database.ts";

/** Everything of `interaction`, as `factsOf` and `load` read it. */
export const INTERACTION_COLUMNS = [
  "tenant",
  "id",
  "at",
  "received_at",
  "policy",
  "policy_revision",
  "kind",
  "served_model",
  "model_version",
  "thinking",
  "session",
  "subject",
  "repository",
  "contributor",
  "labels",
  "redactions",
  "feedback_seq",
  "sealed",
] as const;

export function columnsOf(alias: string): string {
  return INTERACTION_COLUMNS.map((column) => `${alias}.${column}`).join(", ");
}

export const LANGUAGE = "language:";
export const TOOL = "tool:";

/** What an index finds interactions by. */
function labelsOf({ languages, tools }: InteractionFacts): string[] {
  return [...languages.map((name) => LANGUAGE + name), ...tools.map((name) => TOOL + name)];
}

function named(labels: readonly string[], kind: string): string[] {
  return labels.filter((label) => label.startsWith(kind)).map((label) => label.slice(kind.length));
}

/** Columns of a new row, but for what is sealed. */
export function factsToColumns(facts: InteractionFacts) {
  return {
    tenant: facts.tenant,
    id: facts.id,
    at: facts.at,
    policy: facts.policy,
    policy_revision: facts.policyRevision,
    kind: facts.kind,
    served_model: facts.servedModel,
    model_version: facts.modelVersion ?? null,
    thinking: facts.thinking ? 1 : 0,
    session: facts.session,
    subject: facts.subject ?? null,
    repository: facts.repository ?? null,
    contributor: facts.contributor,
    labels: labelsOf(facts),
    redactions: JSON.stringify(facts.redactions),
  };
}

export function factsOf(row: Row): InteractionFacts {
  const labels = json<string[]>(row, "labels");
  return {
    tenant: text(row, "tenant"),
    id: text(row, "id"),
    at: number(row, "at"),
    policy: text(row, "policy"),
    policyRevision: number(row, "policy_revision"),
    kind: word(row, "kind", ["command", "workflow", "prompt"]),
    servedModel: text(row, "served_model"),
    modelVersion: optionalText(row, "model_version"),
    thinking: number(row, "thinking") === 1,
    session: text(row, "session"),
    subject: optionalText(row, "subject"),
    repository: optionalText(row, "repository"),
    contributor: text(row, "contributor"),
    languages: named(labels, LANGUAGE),
    tools: named(labels, TOOL),
    redactions: json(row, "redactions"),
  };
}

/** What a feedback's `sealed` holds. */
export interface SealedFeedback extends Pick<StoredFeedback, "feedback" | "syntax"> {
  readonly placeholders: Placeholders;
}

/** Where sealed bytes belong: opened anywhere else they do not open. */
export const place = {
  interaction: ({ tenant, id }: InteractionKey) => `interaction ${tenant} ${id}`,
  feedback: (tenant: string, feedbackId: string) => `feedback ${tenant} ${feedbackId}`,
  review: ({ tenant, id }: InteractionKey) => `review ${tenant} ${id}`,
};

/** The placeholders of later feedback stand beside those of the interaction. */
export function withPlaceholders(content: InteractionContent, later: readonly Placeholders[]): InteractionContent {
  if (later.every((one) => Object.keys(one).length === 0)) return content;
  return { ...content, placeholders: Object.assign({}, content.placeholders, ...later) };
}
