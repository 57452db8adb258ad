import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname } from "node:path";
import type { FastifyInstance } from "fastify";

/** Nothing but our own files, no inline script or style, and no way to make markup of text (Trusted Types). */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

export const SECURITY_HEADERS = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
} as const;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

interface PageFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** Where the page's files lie: beside this module, in the sources as in the image. */
export const PAGE_FOLDER = new URL("./page/", import.meta.url);

/** All files at once, so that a request names a route and never a path. */
export async function readPage(folder: URL = PAGE_FOLDER): Promise<readonly PageFile[]> {
  const names = (await readdir(folder)).filter((name) => extname(name) in TYPES).sort();
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(new URL(name, folder));
      const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
      return { name, type: TYPES[extname(name)] ?? "", bytes, etag };
    }),
  );
}

/** `GET /review` is the page; `GET /review/NAME` one of its files. */
export function pageRoutes(app: FastifyInstance, files: readonly PageFile[]): void {
  for (const { name, type, bytes, etag } of files) {
    const url = name === "index.html" ? "/review" : `/review/${name}`;
    app.get(url, { config: { access: "public" }, schema: { hide: true } }, (request, reply) => {
      reply.headers({ "content-type": type, etag, "cache-control": "no-cache" });
      return request.headers["if-none-match"] === etag ? reply.code(304).send() : reply.send(bytes);
    });
  }
}
