import type { Context } from "../context.ts";
import type { AssessmentStore } from "../port.ts";
import { keyText } from "../sql/database.ts";
import { put } from "./put.ts";
import { rollup } from "./rollup.ts";
import { scoresOf } from "./rows.ts";

export function assessmentStore(context: Context): AssessmentStore {
  return {
    put: (batch, now) => put(context, batch, now),
    async current(keys) {
      const scores = await scoresOf(context.database, keys);
      return keys.map((key) => scores.get(keyText(key)));
    },
    rollup: (query) => rollup(context, query),
  };
}
