import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { continueEvent, continueResult } from "../../../api/learning/continue.ts";
import { exportRequest, exportResponse } from "../../../api/learning/otlp.ts";
import { continueIntake } from "../../intake/continue/accept.ts";
import { takeSpans, translateSpans } from "../../intake/otlp/accept.ts";
import { spansOfJson } from "../../intake/otlp/json.ts";
import { exportResponse as protobufResponse, spansOfProtobuf } from "../../intake/otlp/protobuf.ts";
import { UnreadableExport } from "../../intake/otlp/span.ts";
import { unpacked } from "../body.ts";
import type { RouteDeps } from "../deps.ts";
import { ApiProblem } from "../errors.ts";
import { refusals } from "../openapi.ts";
import type { Api } from "../types.ts";
import { validateLater } from "../validation.ts";
import { principalOf } from "./asked.ts";
import { takeIn } from "./batches.ts";

const refused = refusals("Timeout", "TooLarge", "UnsupportedMediaType");
const PROTOBUF = "application/x-protobuf";

/** What other programs send in forms of their own. */
export function foreignRoutes(app: Api, deps: RouteDeps): void {
  const { intake, store, hash, limits } = deps;
  const takeEvent = continueIntake({ intake, interactions: store.interactions, hash });

  app.post("/v1/continue", {
    schema: {
      tags: ["collect"],
      summary: "Take Continue's dev data",
      body: continueEvent,
      response: { 200: continueResult, ...refused },
    },
    handler: (request) => takeIn(request, deps, 1, (principal) => takeEvent(principal, request.body)),
  });

  app.register(async (scope: Api) => {
    scope.addContentTypeParser(PROTOBUF, { parseAs: "buffer" }, (request: FastifyRequest, body: Buffer) =>
      unpacked(request, body, limits),
    );
    scope.post("/v1/otlp/v1/traces", {
      validatorCompiler: validateLater,
      schema: {
        tags: ["collect"],
        summary: "Take OpenTelemetry spans of models' answers",
        body: exportRequest,
        response: {
          200: {
            description: "ExportTraceServiceResponse, in the request's own form.",
            content: {
              "application/json": { schema: exportResponse },
              [PROTOBUF]: { schema: z.custom<Buffer>().describe("The same in protobuf.") },
            },
          },
          ...refused,
        },
      },
      handler: async (request, reply) => {
        const body: unknown = request.body;
        const spans = readable(() =>
          Buffer.isBuffer(body) ? spansOfProtobuf(body, limits.jsonNodes) : spansOfJson(body),
        );
        const translated = translateSpans(spans, principalOf(request).tenant, hash);
        const count = translated.interactions.length + translated.feedback.length;
        const { rejected, message } = await takeIn(request, deps, count, (principal) =>
          takeSpans(intake, principal, translated),
        );
        if (Buffer.isBuffer(body)) {
          return reply.type(PROTOBUF).send(Buffer.from(protobufResponse(rejected, message)));
        }
        const partialSuccess = { rejectedSpans: String(rejected), errorMessage: message };
        return rejected === 0 ? {} : { partialSuccess };
      },
    });
  });
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableExport) throw new ApiProblem("Invalid", error.message);
    throw error;
  }
}
