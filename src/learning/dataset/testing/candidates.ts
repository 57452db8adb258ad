import type { Feedback } from "../../../api/learning/feedback.ts";
import type { Interaction } from "../../../api/learning/interaction.ts";
import { type DataPolicy, type DatasetPolicy, dataPolicy } from "../../../api/learning/policies.ts";
import type { BlockSyntax, CurrentAssessment, Instant } from "../../model.ts";
import type { LoadedInteraction } from "../../store/port.ts";

export const AS_OF: Instant = Date.UTC(2026, 5, 1);
export const TENANT = "team";
const FIRST: Instant = AS_OF - 86_400_000;

/** A UUIDv7 that grows with `number`, one a millisecond. */
export function idOf(number: number): string {
  const time = (FIRST + number).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${number.toString(16).padStart(12, "0")}`;
}

export interface Wanted {
  readonly input?: string;
  readonly output?: string;
  readonly reasoning?: string;
  readonly history?: Interaction["history"];
  readonly code?: Interaction["code"];
  readonly kind?: Interaction["kind"];
  readonly session?: string;
  readonly repository?: string | undefined;
  readonly contributor?: string;
  readonly overall?: number;
  readonly verdict?: "include" | "exclude";
  readonly assessed?: boolean;
  readonly receivedAt?: Instant;
  readonly feedback?: readonly Said[];
  readonly syntax?: readonly BlockSyntax[];
}

type Said = { readonly feedback: DistributiveOmit<Feedback, "id" | "interactionId" | "at"> } & {
  readonly receivedAt?: Instant;
  readonly syntax?: BlockSyntax;
};
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** One interaction with a text of its own, in a session and by a key of its own, well assessed. */
export function candidate(number: number, wanted: Wanted = {}): LoadedInteraction {
  const id = idOf(number);
  const { overall = 0.9, verdict, receivedAt = FIRST + number, code = [] } = wanted;
  const assessment: CurrentAssessment = {
    tenant: TENANT,
    id,
    feedbackSeq: 0,
    assessorVersion: "1",
    dimensions: {},
    overall,
    confidence: 0.8,
    why: [],
    assessedAt: receivedAt,
    ...(verdict === undefined ? {} : { human: true, verdict }),
  };
  return {
    interaction: {
      facts: {
        tenant: TENANT,
        id,
        at: receivedAt,
        policy: "team/coder",
        policyRevision: 1,
        kind: wanted.kind ?? "prompt",
        servedModel: "coder",
        modelVersion: undefined,
        thinking: wanted.reasoning !== undefined,
        session: wanted.session ?? `session-${number}`,
        subject: undefined,
        repository: "repository" in wanted ? wanted.repository : `repository-${number}`,
        contributor: wanted.contributor ?? `key-${number}`,
        languages: code.map((block) => block.language),
        tools: [],
        redactions: {},
      },
      content: {
        input: wanted.input ?? `question ${wordsOf(number, 30)}`,
        output: wanted.output ?? `answer ${wordsOf(number + 1e6, 60)}`,
        history: wanted.history ?? [],
        code,
        syntax: wanted.syntax ?? code.map(({ language }) => ({ language, before: 0, after: 0 })),
        placeholders: {},
        ...(wanted.reasoning === undefined ? {} : { reasoning: wanted.reasoning }),
      },
      receivedAt,
      feedbackSeq: wanted.feedback?.length ?? 0,
    },
    feedback: (wanted.feedback ?? []).map((said, index) => ({
      seq: index + 1,
      receivedAt: said.receivedAt ?? receivedAt + index + 1,
      syntax: said.syntax,
      feedback: { ...said.feedback, id, interactionId: id, at: new Date(receivedAt).toISOString() } as Feedback,
    })),
    assessment: wanted.assessed === false ? undefined : assessment,
  };
}

/** `count` words that hardly any other number has. */
export function wordsOf(number: number, count: number): string {
  let state = (number * 2_654_435_761 + 1) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8).toString(36);
  }).join(" ");
}

/** A policy without balance, caps, splits and ratio, save for what is asked. */
export function policyOf(wanted: Partial<DatasetPolicy> = {}): DataPolicy {
  return dataPolicy.parse({
    namespace: "team",
    name: "coder",
    servedModel: "coder",
    dataset: {
      minExamples: 1,
      balanceBy: [],
      maxSharePerContributor: 1,
      thinkingRatio: 0,
      split: { validation: 0, test: 0, groupBy: ["session", "repository"] },
      ...wanted,
    },
  });
}
