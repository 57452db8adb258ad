import { isUtf8 } from "node:buffer";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiProblem } from "./errors.ts";
import { jsonShape } from "./json-shape.ts";
import type { ApiLimits } from "./limits.ts";

const unzip = promisify(gunzip);

type BodyLimits = Pick<ApiLimits, "requestBytes" | "jsonNodes" | "jsonDepth">;

/** JSON, plain or gzipped, and nothing else. Each limit is looked at before what it limits takes memory. */
export function acceptJson(app: FastifyInstance, limits: BodyLimits): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, async (request: FastifyRequest, body: Buffer) => {
    const plain = await unpacked(request, body, limits);
    if (!isUtf8(plain)) throw new ApiProblem("Invalid", "the body is not valid UTF-8");
    const { depth, nodes } = jsonShape(plain);
    if (depth > limits.jsonDepth) throw new ApiProblem("Invalid", `the body nests deeper than ${limits.jsonDepth}`);
    if (nodes > limits.jsonNodes) throw new ApiProblem("TooLarge", `the body has more than ${limits.jsonNodes} values`);
    return new Promise((resolve, reject) => {
      // Refuses __proto__ and constructor.prototype, too. Its error repeats the body: it stays here.
      void parse(request, plain.toString("utf8"), (error, value) => {
        if (error === null) resolve(value);
        else reject(new ApiProblem("Invalid", "the body is not JSON that can be read"));
      });
    });
  });
}

/** The body without its Content-Encoding. */
export async function unpacked(
  request: FastifyRequest,
  body: Buffer,
  { requestBytes }: Pick<ApiLimits, "requestBytes">,
): Promise<Buffer> {
  const encoding = request.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (encoding === "identity") return body;
  if (encoding !== "gzip") throw new ApiProblem("UnsupportedMediaType", "Content-Encoding may be gzip, or absent");
  try {
    return await unzip(body, { maxOutputLength: requestBytes });
  } catch (error) {
    const tooLarge = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    if (tooLarge) throw new ApiProblem("TooLarge", `the body unpacks to more than ${requestBytes} bytes`);
    throw new ApiProblem("Invalid", "the body is not gzip");
  }
}
