import type { RouteDeps } from "../deps.ts";
import type { Api } from "../types.ts";
import { collectRoutes } from "./collect.ts";
import { datasetRoutes } from "./datasets.ts";
import { erasureRoutes } from "./erasures.ts";
import { foreignRoutes } from "./foreign.ts";
import { interactionRoutes } from "./interactions.ts";
import { keyRoutes } from "./keys.ts";
import { policyRoutes } from "./policies.ts";
import { qualityRoutes } from "./quality.ts";
import { queueRoutes } from "./queue.ts";
import { watchRoutes } from "./watch.ts";

const ROUTES = [
  collectRoutes,
  foreignRoutes,
  interactionRoutes,
  qualityRoutes,
  queueRoutes,
  datasetRoutes,
  policyRoutes,
  erasureRoutes,
  keyRoutes,
  watchRoutes,
];

export function addRoutes(app: Api, deps: RouteDeps): void {
  for (const add of ROUTES) add(app, deps);
}
