import { z } from "zod";

/** ExportTraceServiceRequest, as far as it can be said without repeating OpenTelemetry's own schema. */
export const exportRequest = z
  .object({ resourceSpans: z.array(z.unknown()).describe("As opentelemetry-proto has it.") })
  .describe("Spans, as OTLP/HTTP sends them in JSON. The same in protobuf as application/x-protobuf.");

export const exportResponse = z
  .strictObject({
    partialSuccess: z
      .strictObject({
        rejectedSpans: z.string().describe("A count; 64-bit numbers are text in protobuf's JSON."),
        errorMessage: z.string(),
      })
      .exactOptional()
      .describe("Absent: every span was taken."),
  })
  .describe("ExportTraceServiceResponse.");
