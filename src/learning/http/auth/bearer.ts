import type { FastifyRequest } from "fastify";

/** The token of `Authorization: Bearer …`; longer than any of ours or Kubernetes' is none. */
export function bearerOf(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization;
  if (header === undefined || header.length > 8192) return undefined;
  const [, token] = /^bearer +(\S+) *$/i.exec(header) ?? [];
  return token;
}
