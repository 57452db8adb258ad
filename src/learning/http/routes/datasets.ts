import { z } from "zod";
import {
  type DatasetView,
  datasetPage,
  datasetQuery,
  datasetView,
  lineage,
  sha256Params,
} from "../../../api/learning/datasets.ts";
import { datasetRequest, task } from "../../../api/learning/tasks.ts";
import type { DatasetRecord } from "../../store/port.ts";
import type { RouteDeps } from "../deps.ts";
import { ApiProblem } from "../errors.ts";
import { refusals } from "../openapi.ts";
import type { Api } from "../types.ts";
import { iso, newId, principalOf } from "./asked.ts";
import { createTask, taskView } from "./tasks.ts";

const taskParams = z.strictObject({ id: z.string().min(1).max(1024) }).describe("Names a task.");

export function datasetRoutes(app: Api, deps: RouteDeps): void {
  const { store, policies, clock, random } = deps;

  app.post("/v1/datasets", {
    schema: {
      tags: ["run"],
      summary: "Build a dataset",
      body: datasetRequest.describe("What to build it from."),
      response: { 202: task.describe("The task that builds it; see Location."), ...refusals("NotFound", "Conflict") },
    },
    handler: async (request, reply) => {
      const { tenant } = principalOf(request);
      const now = clock.now();
      const { id = newId(now, random), asOf = iso(now), ...rest } = request.body;
      if (policies.named(rest.policy)?.namespace !== tenant) throw new ApiProblem("NotFound", "no such policy");
      const made = await createTask(deps, { id, tenant, kind: "dataset", input: { ...rest, asOf } });
      return reply
        .code(202)
        .header("location", `/v1/tasks/${encodeURIComponent(made.id)}`)
        .send(taskView(made));
    },
  });

  app.get("/v1/datasets", {
    schema: {
      tags: ["look"],
      summary: "Datasets",
      querystring: datasetQuery,
      response: { 200: datasetPage, ...refusals("InvalidCursor") },
    },
    handler: async (request) => {
      const { policy, limit, cursor } = request.query;
      const page = await store.datasets.list(principalOf(request).tenant, policy, limit, cursor);
      return { items: page.items.map(viewOf), ...(page.next !== undefined && { next: page.next }) };
    },
  });

  app.get("/v1/datasets/:sha256", {
    schema: {
      tags: ["look"],
      summary: "One dataset",
      params: sha256Params,
      response: { 200: datasetView, ...refusals("NotFound") },
    },
    handler: async (request) => {
      const found = await store.datasets.get(principalOf(request).tenant, request.params.sha256);
      if (found === undefined) throw new ApiProblem("NotFound", "no such dataset");
      return viewOf(found);
    },
  });

  app.get("/v1/tasks/:id", {
    schema: {
      tags: ["run"],
      summary: "How far a task is",
      params: taskParams,
      response: { 200: task, ...refusals("NotFound") },
    },
    handler: async (request) => {
      const found = await store.tasks.get(principalOf(request).tenant, request.params.id);
      if (found === undefined) throw new ApiProblem("NotFound", "no such task");
      return taskView(found);
    },
  });

  app.post("/v1/lineage", {
    schema: {
      tags: ["run"],
      summary: "Tell which model was trained on which dataset",
      body: lineage,
      response: { 204: z.undefined().describe("It is kept."), ...refusals("NotFound") },
    },
    handler: async (request, reply) => {
      const { tenant } = principalOf(request);
      const { dataset, ...of } = request.body;
      const holding = await store.datasets.holding(tenant, dataset);
      if (holding.length === 0) throw new ApiProblem("NotFound", "dataset: no such dataset, and no file of one");
      for (const sha256 of holding) await store.datasets.addLineage(tenant, { ...of, dataset: sha256 });
      return reply.code(204).send();
    },
  });
}

function viewOf({ sha256, policy, uri, manifest, createdAt, erasedAt }: DatasetRecord): DatasetView {
  return {
    sha256,
    policy,
    uri,
    manifest,
    createdAt: iso(createdAt),
    ...(erasedAt !== undefined && { erasedAt: iso(erasedAt) }),
  };
}
