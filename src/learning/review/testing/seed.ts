import type { Feedback } from "../../../api/learning/feedback.ts";
import { uuidv7 } from "../../../testing/interactions.ts";
import { Random } from "../../../testing/random.ts";
import type { EventId, InteractionContent, InteractionFacts, StoredFeedback } from "../../model.ts";
import type { Scored, Store } from "../../store/port.ts";
import { POLICIES, TENANT } from "./review-server.ts";

/** One interaction that waits for a person, with only what matters in view. */
export interface Waiting {
  readonly tenant?: string;
  readonly facts?: Partial<InteractionFacts>;
  readonly content?: Partial<InteractionContent>;
  readonly feedback?: readonly (DistributiveOmit<Feedback, "id" | "interactionId" | "at"> & {
    readonly syntax?: StoredFeedback["syntax"];
  })[];
  readonly score?: Partial<Omit<Scored, "tenant" | "id">>;
  /** Since when it waits. */
  readonly waitingMs?: number;
}
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Stores them as the intake and a worker would; answers their ids in the same order. */
export async function seedReviews(
  { store, now, seed = 1 }: { readonly store: Store; readonly now: number; readonly seed?: number },
  waiting: readonly Waiting[],
): Promise<readonly EventId[]> {
  const random = new Random(seed);
  const id = () => uuidv7(now, () => random.next());
  const ids = waiting.map(id);
  for (const part of chunks([...waiting.entries()], 500)) {
    await store.interactions.accept(
      part.map(([at, { tenant = TENANT, facts, content }]) => ({
        body: "body",
        facts: { ...FACTS, at: now - 60_000, ...facts, tenant, id: ids[at] ?? "" },
        content: { ...CONTENT, ...content },
      })),
      now,
    );
    const said = part.flatMap(([at, { tenant = TENANT, feedback = [] }]) =>
      feedback.map(({ syntax, ...says }) => ({
        tenant,
        feedback: {
          ...says,
          id: id(),
          interactionId: ids[at] ?? "",
          at: new Date(now - 30_000).toISOString(),
        } as Feedback,
        body: JSON.stringify(says),
        placeholders: {},
        syntax,
      })),
    );
    if (said.length > 0) await store.interactions.acceptFeedback(said, now);
    for (const [waitingMs, group] of Map.groupBy(part, ([, one]) => one.waitingMs ?? 0)) {
      await store.assessments.put(
        group.map(([at, { tenant = TENANT, feedback = [], facts, score }]) => ({
          ...SCORE,
          policy: facts?.policy ?? FACTS.policy,
          at: now,
          feedbackSeq: feedback.length,
          ...score,
          tenant,
          id: ids[at] ?? "",
        })),
        now - waitingMs,
      );
    }
  }
  return ids;
}

const FACTS: Omit<InteractionFacts, "at" | "id" | "tenant"> = {
  policy: POLICIES[0],
  policyRevision: 1,
  kind: "prompt",
  servedModel: "coder",
  modelVersion: "coder-5be20c1f",
  thinking: false,
  session: "5e5510",
  subject: undefined,
  repository: undefined,
  contributor: "key-1",
  languages: ["typescript"],
  tools: [],
  redactions: {},
};

const CONTENT: InteractionContent = {
  input: "Add two numbers.",
  output: "Here it is.",
  history: [],
  code: [{ language: "typescript", after: "export const add = (a: number, b: number) => a + b;\n" }],
  syntax: [{ language: "typescript", before: 0, after: 0 }],
  placeholders: {},
};

const SCORE: Omit<Scored, "tenant" | "id" | "at" | "policy" | "feedbackSeq"> = {
  assessorVersion: "1",
  dimensions: { satisfaction: 0.6, codeQuality: 0.8 },
  overall: 0.62,
  confidence: 0.41,
  why: ["No rating; accepted, and nothing is known of what became of it."],
  threshold: 0.7,
  facets: ["kind:prompt", "language:typescript"],
  review: "LowConfidence",
};

function* chunks<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}
