import { z } from "zod";
import { instant } from "./interaction.ts";

export const roles = z
  .array(z.enum(["agent", "reviewer", "analyst", "operator", "admin"]))
  .min(1)
  .max(5)
  .refine((of) => new Set(of).size === of.length, "must not repeat")
  .describe("What it may do: agents send, reviewers review, analysts read, operators run the loop, admins do all.");

const name = z.string().min(1).max(64).describe("What people call it.");
const id = z.string().regex(/^[0-9a-z]{16}$/);

export const keyRequest = z.strictObject({ name, roles }).describe("A key to be made.");
export const keyParams = z.strictObject({ id }).describe("Names a key by its public part.");
export const keyView = z
  .strictObject({ id, name, roles, createdAt: instant, revokedAt: instant.exactOptional() })
  .describe("An API key, without its secret.");
export const keyList = z.strictObject({ items: z.array(keyView) }).describe("All keys.");
export const createdKey = keyView
  .extend({ key: z.string().describe("The whole key. It is shown this once: only a hash of it is kept.") })
  .describe("A new API key.");

export type KeyView = z.output<typeof keyView>;
export type CreatedKey = z.output<typeof createdKey>;
