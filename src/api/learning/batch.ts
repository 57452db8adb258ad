import { z } from "zod";
import { MAX_BATCH } from "./interaction.ts";

/** Items are parsed one by one: one that does not fit is refused alone, in its place in `results`. */
const items = z.array(z.unknown()).min(1).max(MAX_BATCH);

/** Body of `POST /v1/interactions`. */
export const interactionBatch = z.strictObject({ interactions: items });
/** Body of `POST /v1/feedback`. */
export const feedbackBatch = z.strictObject({ feedback: items });

/** Greatest length of a request's body, in bytes. */
export const MAX_REQUEST = 8_388_608;
