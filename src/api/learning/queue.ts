import { z } from "zod";
import { eventId, instant } from "./interaction.ts";
import { next, pageQuery } from "./interaction-view.ts";

export const queueFigures = z
  .strictObject({
    waiting: z.int(),
    inFlight: z.int(),
    dead: z.int().describe("Given up after five tries; see /v1/queue/dead."),
    oldestAgeMs: z.number().describe("Age of the oldest that is neither done nor dead; 0 without any."),
    oldestDeadAgeMs: z.number(),
    reviews: z.strictObject({ waiting: z.int(), leased: z.int(), decided: z.int() }).describe("What waits for people."),
  })
  .describe("What has yet to be assessed.");

export const deadQuery = z.strictObject(pageQuery).describe("Which page.");
export const deadPage = z
  .strictObject({
    items: z.array(z.strictObject({ id: eventId, reason: z.string(), deliveries: z.int(), buriedAt: instant })),
    next,
  })
  .describe("Work that was given up.");

export const replayRequest = z
  .strictObject({ ids: z.array(eventId).min(1).max(500).exactOptional().describe("All of them when absent.") })
  .describe("Which dead work to try again.");
export const replayResult = z.strictObject({ replayed: z.int() }).describe("How much works again.");

export type QueueFigures = z.output<typeof queueFigures>;
