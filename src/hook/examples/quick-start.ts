/**
 * An agent's whole part in learning: three lines. Run it against a learning API, for instance `qi-learning dev`:
 *
 *     LEARNING_URL=http://127.0.0.1:4680 LEARNING_API_KEY=… SERVED_MODEL=coder node src/hook/examples/quick-start.ts
 *
 * An agent of your own imports from "qi-learning/hook".
 */
import { createHook } from "../index.ts";

const { LEARNING_URL = "http://127.0.0.1:4680", LEARNING_API_KEY = "", SERVED_MODEL = "coder" } = process.env;

// 1. Once, where the agent starts.
const hook = createHook({ url: LEARNING_URL, apiKey: LEARNING_API_KEY, servedModel: SERVED_MODEL });
hook.on("error", (error) => process.stderr.write(`learning: ${error.code}: ${error.message}\n`));
hook.on("refused", ({ id, code, message }) => process.stderr.write(`learning: ${id} refused: ${code}: ${message}\n`));

// 2. After each answer. Costs the agent some microseconds; what to send and when is the hook's affair.
const before = "def total(items):\n    return sum(items)\n";
const after = "def total(items):\n    return sum(item.price * item.count for item in items)\n";
const id = hook.record({
  input: "total() should take prices and counts into account",
  output: `Sure:\n\n\`\`\`python\n${after}\`\`\`\n`,
  code: [{ language: "python", path: "shop/cart.py", before, after }],
  usage: { promptTokens: 212, completionTokens: 48, durationMs: 1830 },
  context: { toolUsage: [{ name: "read_file", outcome: "succeeded", durationMs: 4 }] },
});

// 3. Whenever the agent learns what became of it; now or tomorrow, by the id.
hook.accepted(id);
hook.edited(id, after.replace("item.price * item.count", "item.price * item.quantity"));
hook.tested(id, { succeeded: true, passed: 12, failed: 0 });
hook.rated(id, 4);

// A process that is about to end waits for what is queued, as long as it likes.
const whole = await hook.close(5000);
const { sent, dropped } = hook.stats();
process.stdout.write(`${id}: ${sent} sent, ${dropped} dropped\n`);
process.exitCode = whole && dropped === 0 ? 0 : 1;
