import { z } from "zod";

export const policyResult = z
  .strictObject({
    revision: z.int().describe("The revision now in force."),
    outcome: z.enum(["replaced", "unchanged"]).describe("unchanged: this very set was in force."),
    redactions: z.array(z.string()).describe("Tasks that redact anew what is stored, by what policies gained."),
  })
  .describe("What became of a set of policies.");

export type PolicyResult = z.output<typeof policyResult>;
