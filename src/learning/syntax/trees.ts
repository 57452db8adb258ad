import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type * as TreeSitter from "@vscode/tree-sitter-wasm";
import { grammarOf } from "./grammars.ts";

export type Tree = TreeSitter.Tree;
export type Node = TreeSitter.Node;

export interface ParseBudget {
  /** Of the processor's time in this thread, for one parse: garbage can cost seconds. */
  readonly milliseconds: number;
  /** Longer code is not parsed, in UTF-16 units. */
  readonly length: number;
}

export const PARSE_BUDGET: ParseBudget = { milliseconds: 200, length: 262_144 };

/** Trees of code, in the thread that asks. Grammars are loaded when first asked for, and stay. */
export interface Trees {
  /** Loads the grammars of those languages that have one. */
  prepare(languages: Iterable<string>): Promise<void>;
  /** What `read` makes of the tree; undefined: no grammar, not prepared, too long, or it took too long. */
  read<T>(language: string, code: string, read: (tree: Tree) => T): T | undefined;
}

// CommonJS, and its types say otherwise.
const require = createRequire(import.meta.url);

export function openTrees(budget: ParseBudget = PARSE_BUDGET): Trees {
  const parsers = new Map<string, Promise<TreeSitter.Parser> | TreeSitter.Parser>();
  let runtime: Promise<typeof TreeSitter> | undefined;

  async function load(grammar: string): Promise<TreeSitter.Parser> {
    runtime ??= start();
    const { Parser, Language } = await runtime;
    const file = import.meta.resolve(`@vscode/tree-sitter-wasm/wasm/tree-sitter-${grammar}.wasm`);
    const parser = new Parser().setLanguage(await Language.load(fileURLToPath(file)));
    parsers.set(grammar, parser);
    return parser;
  }

  return {
    async prepare(languages) {
      for (const language of languages) {
        const grammar = grammarOf(language);
        if (grammar === undefined) continue;
        if (!parsers.has(grammar)) parsers.set(grammar, load(grammar));
        await parsers.get(grammar);
      }
    },
    read(language, code, read) {
      const grammar = grammarOf(language);
      const parser = grammar === undefined ? undefined : parsers.get(grammar);
      if (parser === undefined || parser instanceof Promise || code.length > budget.length) return undefined;
      const deadline = performance.now() + budget.milliseconds;
      const began = workedMs();
      // The clock is cheaper to ask, but runs on while others have the processor: what is said of code must not depend on
      // how busy the machine is.
      const isOver = () => performance.now() > deadline && workedMs() - began > budget.milliseconds;
      // The library takes true for stop; its types say void.
      const tree = parser.parse(code, null, { progressCallback: isOver });
      if (tree === null) {
        parser.reset();
        return undefined;
      }
      try {
        return read(tree);
      } finally {
        // Trees live in WebAssembly's memory, which no garbage collector sees.
        tree.delete();
      }
    },
  };
}

/** Milliseconds that this thread has worked. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

async function start(): Promise<typeof TreeSitter> {
  const library: typeof TreeSitter = require("@vscode/tree-sitter-wasm");
  await library.Parser.init();
  return library;
}
