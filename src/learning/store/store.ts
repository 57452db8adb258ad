import { apiKeyStore } from "./api-keys.ts";
import { assessmentStore } from "./assessments/index.ts";
import type { Context } from "./context.ts";
import { datasetStore } from "./datasets/index.ts";
import { erasureStore } from "./erasures/index.ts";
import { interactionStore } from "./interactions/index.ts";
import { policyStore } from "./policies.ts";
import type { Store } from "./port.ts";
import { maintain } from "./retention.ts";
import { reviewStore } from "./reviews/index.ts";
import { taskStore } from "./tasks.ts";
import { thresholdStore } from "./thresholds.ts";
import { workStore } from "./work.ts";

/** The store over a database, whichever it is. */
export function storeOver(context: Context): Store {
  const { database } = context;
  return {
    interactions: interactionStore(context),
    work: workStore(context),
    assessments: assessmentStore(context),
    thresholds: thresholdStore(context),
    reviews: reviewStore(context),
    tasks: taskStore(context),
    datasets: datasetStore(context),
    erasures: erasureStore(context),
    keys: apiKeyStore(context),
    policies: policyStore(context),
    ping: async () => void (await database.query("SELECT 1 AS alive")),
    maintain: (now) => maintain(context, now),
    close: () => database.close(),
  };
}
