import type { EventId, Tenant } from "../../model.ts";
import type { Context } from "../context.ts";
import type { InteractionStore, RedactionContext } from "../port.ts";
import { accept } from "./accept.ts";
import { acceptFeedback } from "./feedback.ts";
import { load } from "./load.ts";
import { query } from "./query.ts";
import { rewriteAll } from "./rewrite.ts";

export function interactionStore(context: Context): InteractionStore {
  return {
    accept: (batch, now) => accept(context, batch, now),
    acceptFeedback: (batch, now) => acceptFeedback(context, batch, now),
    redactionContexts: (tenant, ids) => redactionContexts(context, tenant, ids),
    load: (keys) => load(context, keys),
    query: (criteria) => query(context, criteria),
    rewrite: rewriteAll(context),
  };
}

async function redactionContexts(
  context: Context,
  tenant: Tenant,
  ids: readonly EventId[],
): Promise<ReadonlyMap<EventId, RedactionContext>> {
  const found = await load(
    context,
    ids.map((id) => ({ tenant, id })),
  );
  return new Map(
    found.map(({ interaction: { facts, content } }) => [
      facts.id,
      {
        policy: facts.policy,
        placeholders: content.placeholders,
        languages: content.code.map(({ language }) => language),
      },
    ]),
  );
}
