/** What Ollama says when it was the request, not the engine, that went wrong, although it answers with 5xx. */
const OF_THE_REQUEST = [
  // The model repeated one token a hundred times: this model's fault on this prompt. It works on.
  "token repeat limit reached",
  "server busy",
  "maximum pending requests",
  "does not support",
  "failed to load image",
  "input length exceeds",
  "context canceled",
];

/**
 * Whether an answer shows that the engine is broken. 501 is a thing that it cannot do, 503 a full queue. An error that is
 * wrongly taken for the engine's costs one token: the sidecar asks for it at once.
 */
export function engineFailed(status: number, said: string): boolean {
  if (status === 501 || status === 503) return false;
  const lower = said.toLowerCase();
  return !OF_THE_REQUEST.some((phrase) => lower.includes(phrase));
}
