import { type ErasureView, erasure, erasureRequest } from "../../../api/learning/erasures.ts";
import { idParams } from "../../../api/learning/interaction-view.ts";
import type { ErasureReceipt, Task } from "../../store/port.ts";
import type { RouteDeps } from "../deps.ts";
import { ApiProblem } from "../errors.ts";
import { refusals } from "../openapi.ts";
import type { Api } from "../types.ts";
import { iso, newId, principalOf } from "./asked.ts";
import { createTask } from "./tasks.ts";

export function erasureRoutes(app: Api, deps: RouteDeps): void {
  const { store, hash, clock, random } = deps;

  app.post("/v1/erasures", {
    schema: {
      tags: ["administer"],
      summary: "Forget a person",
      body: erasureRequest,
      response: { 202: erasure, ...refusals("Conflict") },
    },
    handler: async (request, reply) => {
      const { tenant } = principalOf(request);
      const { id = newId(clock.now(), random), subject } = request.body;
      const input = { subject: hash(tenant, "subject", subject) };
      const made = await createTask(deps, { id, tenant, kind: "erasure", input });
      const receipt = await store.erasures.get(tenant, id);
      return reply.code(202).header("location", `/v1/erasures/${id}`).send(viewOf(made, receipt));
    },
  });

  app.get("/v1/erasures/:id", {
    schema: {
      tags: ["administer"],
      summary: "What an erasure removed",
      params: idParams,
      response: { 200: erasure, ...refusals("NotFound") },
    },
    handler: async (request) => {
      const { tenant } = principalOf(request);
      const { id } = request.params;
      const [made, receipt] = await Promise.all([store.tasks.get(tenant, id), store.erasures.get(tenant, id)]);
      if (made?.kind !== "erasure") throw new ApiProblem("NotFound", "no such erasure");
      return viewOf(made, receipt);
    },
  });
}

function viewOf(task: Task, receipt: ErasureReceipt | undefined): ErasureView {
  return {
    id: task.id,
    state: task.state,
    requestedAt: iso(task.createdAt),
    ...(task.error !== undefined && { error: task.error }),
    ...(receipt !== undefined && {
      receipt: {
        ...(receipt.completedAt !== undefined && { completedAt: iso(receipt.completedAt) }),
        interactions: receipt.interactions,
        feedback: receipt.feedback,
        datasets: [...receipt.datasets],
        modelVersions: [...receipt.modelVersions],
      },
    }),
  };
}
