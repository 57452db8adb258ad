/** How a request's body is made safe. */
export type BodyKind =
  /** Ollama's own API: also how long the model stays loaded and how the engine runs are set in it. */
  | "Ollama"
  /** OpenAI's. */
  | "OpenAI"
  /** Only names a model. */
  | "Name"
  | "None";

export interface Route {
  /** Label in metrics and logs. */
  readonly path: string;
  readonly upstream: { readonly method: "GET" | "POST"; readonly path: string };
  readonly body: BodyKind;
  /** Whether its success shows that the engine works. */
  readonly engine: boolean;
}

/** All that can be reached of Ollama. What is not here does not exist: models cannot be pulled, made, copied or deleted. */
const ROUTES: readonly (readonly [method: string, path: string, body: BodyKind, engine: boolean, upstream?: "POST"])[] =
  [
    ["POST", "/api/chat", "Ollama", true],
    ["POST", "/api/generate", "Ollama", true],
    ["POST", "/api/embed", "Ollama", true],
    ["POST", "/v1/chat/completions", "OpenAI", true],
    ["POST", "/v1/completions", "OpenAI", true],
    ["POST", "/v1/embeddings", "OpenAI", true],
    ["GET", "/v1/models", "None", false],
    ["GET", "/api/version", "None", false],
    ["GET", "/api/tags", "None", false],
    ["POST", "/api/show", "Name", false],
    ["GET", "/api/show", "Name", false, "POST"],
  ];

const TABLE: ReadonlyMap<string, Route> = new Map(
  ROUTES.map(([method, path, body, engine, upstream]) => {
    const to = upstream ?? (method === "POST" ? "POST" : "GET");
    return [`${method} ${path}`, { path, upstream: { method: to, path }, body, engine }];
  }),
);
const PATHS = new Set(ROUTES.map(([, path]) => path));

/** The route, or why there is none. */
export function routeOf(method: string, path: string): Route | "NotFound" | "MethodNotAllowed" {
  return TABLE.get(`${method} ${path}`) ?? (PATHS.has(path) ? "MethodNotAllowed" : "NotFound");
}
