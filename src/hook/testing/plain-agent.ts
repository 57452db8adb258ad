/** An agent in plain JavaScript, to lie beside the built hook. Prints what became of its one answer and feedback. */
export const plainAgent = (url: string): string => `
import { createHook } from "./src/hook/index.js";
const hook = createHook({ url: ${JSON.stringify(url)}, apiKey: "key", servedModel: "coder" });
await hook.refreshContext();
const id = hook.record({ input: "question", output: "answer", code: [{ language: "js", after: "1" }] });
hook.rated(id, 5);
const whole = await hook.close();
console.log(JSON.stringify({ whole, node: process.version, hash: hook.contextHash, ...hook.stats() }));
`;
