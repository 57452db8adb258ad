import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type * as TreeSitter from "@vscode/tree-sitter-wasm";
import type { CodeParser } from "../code/parser.ts";

// CommonJS, and its types say otherwise.
const require = createRequire(import.meta.url);

/** Milliseconds for one parse; garbage can cost seconds. */
const BUDGET = 200;

/** Tree-sitter for three languages, with nothing around it but the budget that any parser here must have. */
export async function testParser(): Promise<CodeParser> {
  const { Parser, Language }: typeof TreeSitter = require("@vscode/tree-sitter-wasm");
  await Parser.init();
  const parsers = new Map<string, TreeSitter.Parser>();
  return {
    prepare: async (languages) => {
      for (const language of languages) {
        if (!LANGUAGES.has(language) || parsers.has(language)) continue;
        const file = import.meta.resolve(`@vscode/tree-sitter-wasm/wasm/tree-sitter-${language}.wasm`);
        parsers.set(language, new Parser().setLanguage(await Language.load(fileURLToPath(file))));
      }
    },
    pieces: (language, code, types) => {
      const parser = parsers.get(language);
      const deadline = performance.now() + BUDGET;
      // The library takes true for stop; its types say void.
      const progressCallback = () => performance.now() > deadline;
      const tree = parser?.parse(code, null, { progressCallback }) ?? undefined;
      if (tree === undefined) {
        parser?.reset();
        return undefined;
      }
      const pieces = tree.rootNode.descendantsOfType([...types]).flatMap((node) =>
        node === null
          ? []
          : {
              type: node.type,
              start: node.startIndex,
              end: node.endIndex,
              startRow: node.startPosition.row,
              endRow: node.endPosition.row,
            },
      );
      tree.delete();
      return pieces;
    },
  };
}

const LANGUAGES = new Set(["typescript", "python", "go"]);
