import { z } from "zod";
import { eventId, instant } from "./interaction.ts";

export const erasureRequest = z
  .strictObject({
    id: eventId.exactOptional().describe("Names the erasure: the same id again answers the one that is there."),
    subject: z.string().min(1).max(256).describe("The person's id as clients send it. Hashed at once, never stored."),
  })
  .describe("Whom to forget.");

export const erasure = z
  .strictObject({
    id: eventId,
    state: z.enum(["waiting", "running", "succeeded", "failed"]),
    requestedAt: instant,
    error: z.string().exactOptional(),
    receipt: z
      .strictObject({
        completedAt: instant.exactOptional(),
        interactions: z.int().describe("Rows removed."),
        feedback: z.int().describe("Rows removed."),
        datasets: z.array(z.string()).describe("Datasets, by sha256, that held something of this person."),
        modelVersions: z.array(z.string()).describe("Models that were trained on those."),
      })
      .exactOptional()
      .describe("What was removed so far."),
  })
  .describe("An erasure and what it removed.");

export type ErasureView = z.output<typeof erasure>;
