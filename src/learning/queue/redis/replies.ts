import { z } from "zod";

/** Of a stream's entry. The fields are missing when the entry was trimmed while somebody held it. */
const entry = z.tuple([z.string(), z.array(z.string()).nullable()]);
export const entries = z.array(entry.nullable());
export const readReply = z.array(z.tuple([z.string(), entries])).nullable();

/** `XPENDING key group IDLE …`: id, consumer, idle, deliveries. */
export const pendingReply = z.array(z.tuple([z.string(), z.string(), z.number(), z.number()]));
/** `XPENDING key group`: how many, lowest id, highest id, by consumer. */
export const pendingSummary = z.tuple([z.number(), z.string().nullable(), z.string().nullable(), z.unknown()]);

const flat = z.array(z.union([z.string(), z.number(), z.null()])).transform((list) => {
  const fields = new Map<string, string | number | null>();
  for (let at = 0; at + 1 < list.length; at += 2) fields.set(String(list[at]), list[at + 1] ?? null);
  return fields;
});
/** `XINFO GROUPS` and `XINFO CONSUMERS`: a list of maps, each flat. */
export const infoReply = z.array(flat);

/** Milliseconds that an entry's id begins with. */
export function timeOf(id: string): number {
  return Number(id.split("-")[0]);
}
