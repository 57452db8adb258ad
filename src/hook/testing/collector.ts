import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { feedbackBatch, interactionBatch } from "../../api/learning/batch.ts";
import { feedback } from "../../api/learning/feedback.ts";
import { interaction } from "../../api/learning/interaction.ts";
import type { ItemResult } from "../../api/learning/results.ts";

export type Answering = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/**
 * The learning API as far as a hook can see it: batches parsed by the API's own schemas, a result per item, ids kept with
 * their bodies, feedback for unknown interactions answered 404. It keeps everything in plain, in memory.
 */
export class Collector {
  readonly stored = new Map<string, unknown>();
  readonly requests: { readonly path: string; readonly key: string | undefined; readonly items: number }[] = [];
  /** Set: answers in place of the API. */
  answering: Answering | undefined;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(port = 0): Promise<Collector> {
    const collector = new Collector();
    await new Promise<void>((resolve) => collector.#server.listen(port, "127.0.0.1", resolve));
    return collector;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The interactions and feedback stored, in the order in which they came. */
  get ids(): string[] {
    return [...this.stored.keys()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** As the API would answer. */
  answer(response: ServerResponse, path: string | undefined, body: string): void {
    const results = path === "/v1/interactions" ? this.#interactions(body) : this.#feedback(body);
    response.writeHead(207, { "content-type": "application/json" }).end(JSON.stringify({ results }));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const items = /"id":"/g[Symbol.match](body)?.length ?? 0;
    this.requests.push({ path: request.url ?? "", key: request.headers.authorization, items });
    if (this.answering !== undefined) this.answering(request, response, body);
    else this.answer(response, request.url, body);
  }

  #interactions(body: string): ItemResult[] {
    return interactionBatch.parse(JSON.parse(body)).interactions.map((item) => {
      const parsed = interaction.safeParse(item);
      return parsed.success ? this.#keep(parsed.data.id, parsed.data) : refused(item, parsed.error.message);
    });
  }

  #feedback(body: string): ItemResult[] {
    return feedbackBatch.parse(JSON.parse(body)).feedback.map((item) => {
      const parsed = feedback.safeParse(item);
      if (!parsed.success) return refused(item, parsed.error.message);
      if (!this.stored.has(parsed.data.interactionId))
        return { id: parsed.data.id, status: 404, code: "UnknownInteraction" };
      return this.#keep(parsed.data.id, parsed.data);
    });
  }

  #keep(id: string, body: unknown): ItemResult {
    const before = this.stored.get(id);
    if (before === undefined) this.stored.set(id, body);
    if (before === undefined) return { id, status: 201 };
    const same = JSON.stringify(before) === JSON.stringify(body);
    return same ? { id, status: 200 } : { id, status: 409, code: "Conflict" };
  }
}

function refused(item: unknown, message: string): ItemResult {
  return { id: (item as { id?: string }).id ?? "", status: 400, code: "Invalid", message };
}
