import type { z } from "zod";
import {
  CONTINUE_SCHEMA,
  type ContinueResult,
  type continueEvent,
  continueEvents,
} from "../../../api/learning/continue.ts";
import type { ItemResult } from "../../../api/learning/results.ts";
import type { Principal } from "../../http/principal.ts";
import type { InteractionStore } from "../../store/port.ts";
import { canonicalJson } from "../canonical.ts";
import { itemParser } from "../item.ts";
import type { KeyedHasher } from "../keyed-hash.ts";
import type { Intake } from "../port.ts";
import {
  type Chat,
  type ChatFeedback,
  candidateIds,
  chatInteraction,
  chatRating,
  type EditOutcome,
  editInteraction,
  type Identify,
} from "./translate.ts";

export interface ContinueDeps {
  readonly intake: Intake;
  readonly interactions: Pick<InteractionStore, "redactionContexts">;
  readonly hash: KeyedHasher;
}

/** What Continue writes where it could not find what was asked; an example without a question teaches nothing. */
const UNKNOWN = "Unknown prompt";

/** Takes in one event of Continue's dev data, translated at this edge: nothing behind it knows its names. */
export function continueIntake({ intake, interactions, hash }: ContinueDeps) {
  const chat = itemParser(continueEvents.chatInteraction);
  const feedback = itemParser(continueEvents.chatFeedback);
  const edit = itemParser(continueEvents.editOutcome);

  return async (principal: Principal, event: z.output<typeof continueEvent>): Promise<ContinueResult> => {
    if (event.schema !== CONTINUE_SCHEMA) return ignored(`only schema ${CONTINUE_SCHEMA} is understood`);
    if (event.level === "noCode") return ignored("without code and text there is nothing to learn from");
    switch (event.name) {
      case "chatInteraction":
        return parsed(chat(event.data), (data) => takeChat(principal, data));
      case "chatFeedback":
        return parsed(feedback(event.data), (data) => takeRating(principal, data));
      case "editOutcome":
        return parsed(edit(event.data), (data) => takeEdit(principal, data));
      default:
        return ignored("of this event nothing is made: chatInteraction, chatFeedback and editOutcome are");
    }
  };

  async function takeChat(principal: Principal, chat: Chat): Promise<ContinueResult> {
    return { results: [...(await intake.interactions(principal, [chatInteraction(chat, identify(principal))]))] };
  }

  /** The answer may have come on an earlier day, or never: then what was rated comes with the rating. */
  async function takeRating(principal: Principal, rated: ChatFeedback): Promise<ContinueResult> {
    const by = identify(principal);
    const ids = candidateIds(rated, by);
    const known = await interactions.redactionContexts(principal.tenant, ids);
    const found = ids.find((id) => known.has(id));
    const results: ItemResult[] = [];
    if (found === undefined) results.push(...(await intake.interactions(principal, [chatInteraction(rated, by)])));
    const rating = chatRating(rated, found ?? ids[0] ?? "", by);
    if (rating === undefined) return found === undefined ? { results } : ignored("it says neither yes nor no");
    if (results.every(isStored)) results.push(...(await intake.feedback(principal, [rating])));
    return { results };
  }

  async function takeEdit(principal: Principal, outcome: EditOutcome): Promise<ContinueResult> {
    if (outcome.prompt === UNKNOWN) return ignored("Continue did not find what was asked");
    const [interaction, acceptance] = editInteraction(outcome, identify(principal));
    const results = [...(await intake.interactions(principal, [interaction]))];
    if (results.every(isStored)) results.push(...(await intake.feedback(principal, [acceptance])));
    return { results };
  }

  function identify({ tenant }: Principal): Identify {
    return (...parts) => hash(tenant, "derived-id", canonicalJson(["continue", ...parts]));
  }
}

const ignored = (because: string): ContinueResult => ({ results: [], ignored: because });

const isStored = ({ status }: ItemResult) => status === 200 || status === 201;

async function parsed<T>(
  checked: ReturnType<ReturnType<typeof itemParser<T>>>,
  take: (data: T) => Promise<ContinueResult>,
): Promise<ContinueResult> {
  return checked.ok ? take(checked.item) : { results: [checked.result] };
}
