import type { InteractionKey } from "../model.ts";
import type { WorkRef } from "../store/port.ts";

/** `tenant/id/seq`: all that Redis ever sees of an interaction. */
export function formatRef(ref: WorkRef): string {
  return `${ref.tenant}/${ref.id}/${ref.feedbackSeq}`;
}

const SHAPE = /^(.+)\/([^/]+)\/(\d{1,15})$/s;

/** Undefined: not one of ours. A tenant may contain slashes; an id never does. */
export function parseRef(text: string): WorkRef | undefined {
  const [, tenant, id, seq] = SHAPE.exec(text) ?? [];
  if (tenant === undefined || id === undefined || seq === undefined) return undefined;
  return { tenant, id, feedbackSeq: Number(seq) };
}

/** Tells interactions apart inside one process. */
export function keyOf({ tenant, id }: InteractionKey): string {
  return `${tenant}/${id}`;
}
