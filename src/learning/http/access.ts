import type { Access } from "./principal.ts";

/** Who may do what. A route that is not here, and does not say so in its own config, keeps the server from starting. */
export const ACCESS: Readonly<Record<string, Access>> = {
  "GET /healthz": "public",
  "GET /readyz": "public",
  "GET /metrics": "public",
  "GET /openapi.json": "public",

  "POST /v1/interactions": ["agent", "admin"],
  "POST /v1/feedback": ["agent", "admin"],
  "POST /v1/otlp/v1/traces": ["agent", "admin"],
  "POST /v1/continue": ["agent", "admin"],

  "GET /v1/interactions": ["analyst", "admin"],
  "GET /v1/interactions/:id": ["analyst", "admin"],
  "GET /v1/quality/summary": ["analyst", "operator", "admin"],
  "GET /v1/quality/trend": ["analyst", "operator", "admin"],
  "GET /v1/quality/thresholds": ["analyst", "operator", "admin"],
  "GET /v1/quality/analysis": ["analyst", "operator", "admin"],
  "GET /v1/quality/calibration": ["analyst", "operator", "admin"],

  "GET /v1/queue": ["analyst", "operator", "admin"],
  "GET /v1/queue/dead": ["operator", "admin"],
  "POST /v1/queue/dead/replay": ["operator", "admin"],

  "POST /v1/datasets": ["operator", "admin"],
  "GET /v1/datasets": ["analyst", "operator", "admin"],
  "GET /v1/datasets/:sha256": ["analyst", "operator", "admin"],
  "POST /v1/lineage": ["operator", "admin"],
  "GET /v1/tasks/:id": ["analyst", "operator", "admin"],

  "GET /v1/policies": ["analyst", "operator", "admin"],
  "PUT /v1/policies": ["operator", "admin"],

  "POST /v1/erasures": ["admin"],
  "GET /v1/erasures/:id": ["admin", "operator"],
  "POST /v1/keys": ["admin"],
  "GET /v1/keys": ["admin"],
  "DELETE /v1/keys/:id": ["admin"],
};
