import type { Waiting } from "./seed.ts";

const OFFERED = `import { setTimeout } from "node:timers/promises";
import type { Invoice } from "./invoice.js";

const API = "https://billing.example.com/v2";

/** Sends an invoice, and tries again when the server is busy. */
export async function sendInvoice(invoice: Invoice, token = "<SECRET_1>") {
  for (let attempt = 0; attempt < 5; attempt++) {
    const response = await fetch(\`\${API}/invoices\`, {
      method: "POST",
      headers: { authorization: \`Bearer \${token}\` },
      body: JSON.stringify(invoice),
    });
    if (response.ok) return response.json();
    await setTimeout(1000);
  }
  throw new Error("could not send the invoice");
}

export const support = "<EMAIL_1>";
`;

const EDITED = `import { setTimeout } from "node:timers/promises";
import type { Invoice } from "./invoice.js";

const API = "https://billing.example.com/v2";
const BUSY = new Set([429, 502, 503, 504]);

/** Sends an invoice, and tries again when the server is busy. */
export async function sendInvoice(invoice: Invoice, token: string) {
  for (let attempt = 0; attempt < 5; attempt++) {
    const response = await fetch(\`\${API}/invoices\`, {
      method: "POST",
      headers: { authorization: \`Bearer \${token}\`, "idempotency-key": invoice.id },
      body: JSON.stringify(invoice),
    });
    if (response.ok) return response.json();
    if (!BUSY.has(response.status)) throw new Error(\`refused: \${response.status}\`);
    await setTimeout(2 ** attempt * 250 * (0.5 + Math.random() / 2));
  }
  throw new Error("could not send the invoice");
}

export const support = "<EMAIL_1>";
`;

const BEFORE = `import type { Invoice } from "./invoice.js";

const API = "https://billing.example.com/v2";

export async function sendInvoice(invoice: Invoice, token = "<SECRET_1>") {
  const response = await fetch(\`\${API}/invoices\`, {
    method: "POST",
    headers: { authorization: \`Bearer \${token}\` },
    body: JSON.stringify(invoice),
  });
  return response.json();
}

export const support = "<EMAIL_1>";
`;

/** What a reviewer sees first: something to decide, and much to decide it by. */
export const INVOICE: Waiting = {
  facts: {
    languages: ["typescript"],
    tools: ["edit", "shell"],
    redactions: { EMAIL: 2, SECRET: 1 },
    thinking: true,
  },
  content: {
    input:
      "Sending invoices fails about twice a day with a 503 from billing. Make sendInvoice try again, and keep it " +
      "simple. <EMAIL_2> asked for this by Friday.",
    output:
      "I wrapped the request in a loop of five attempts with a second between them, and it throws once all of them " +
      "have failed. Nothing else changes for its callers.",
    reasoning: "The server answers 503, so trying again can help. A fixed delay is the simplest thing that works.",
    history: [
      { role: "user", content: "Where do we talk to billing?" },
      { role: "assistant", content: "In src/billing/send.ts: sendInvoice posts to /v2/invoices." },
    ],
    code: [{ language: "typescript", path: "src/billing/send.ts", before: BEFORE, after: OFFERED }],
    syntax: [{ language: "typescript", before: 0, after: 0 }],
    placeholders: { a1: "EMAIL_1", a2: "EMAIL_2", a3: "SECRET_1" },
    context: {
      project: { name: "shop", framework: "fastify" },
      codebase: { branch: "fix/billing-503" },
      toolUsage: [{ name: "shell", outcome: "succeeded", durationMs: 4200 }],
    },
    usage: { promptTokens: 2140, completionTokens: 388, durationMs: 6400 },
  },
  feedback: [
    { type: "acceptance", accepted: true },
    { type: "compile", succeeded: true },
    { type: "edit", block: 0, after: EDITED },
    { type: "test", succeeded: true, passed: 41, failed: 0 },
    { type: "comment", text: "Works now, but it also retried on 400 and hammered billing. Ask <EMAIL_1>." },
  ],
  waitingMs: 720_000,
  score: {
    dimensions: { satisfaction: 0.5, functionalCorrectness: 0.95, codeQuality: 0.71, contextRelevance: 0.64 },
    overall: 0.68,
    confidence: 0.34,
    why: [
      "The user made major changes: medium.",
      "It compiles and 41 tests pass: boost.",
      "Tests and edit disagree: confidence lowered.",
    ],
  },
};

const LANGUAGES = ["typescript", "python", "go", "rust"] as const;

/** A queue of so many behind it, of all kinds. */
export function queueOf(count: number): Waiting[] {
  return Array.from({ length: count }, (_, at) => {
    const share = (at * 0.618) % 1;
    const audit = at % 5 === 2;
    const language = LANGUAGES[at % LANGUAGES.length] ?? "go";
    return {
      facts: {
        policy: at % 3 === 1 ? "team-a/docs" : "team-a/coder",
        kind: at % 5 === 0 ? "command" : "prompt",
        languages: [language],
      },
      content: {
        input: `Why does the ${language} build take ${3 + (at % 9)} minutes, and what can be done about it?`,
        output: "Most of the time goes into resolving modules anew. Caching them between builds takes it to seconds.",
        code: [],
        syntax: [],
      },
      feedback: at % 3 === 0 ? [{ type: "acceptance", accepted: true }] : [],
      score: {
        review: audit ? "Audit" : "LowConfidence",
        confidence: audit ? 0.36 + share / 2 : 0.35 + share / 4,
        overall: 0.3 + ((at * 0.377) % 1) * 0.6,
      },
      waitingMs: Math.floor(((at * 0.731) % 1) ** 2 * 90) * 20 * 60_000 + 240_000,
    } satisfies Waiting;
  });
}
