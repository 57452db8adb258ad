import { ensurePackages } from "../../e2e/cluster/packages.ts";
import { ensureTool } from "../../e2e/cluster/tools.ts";
import { ensureNode20 } from "./node20.ts";

/** Where tests find the real programs that they talk to. */
export async function binaries(): Promise<Record<string, string>> {
  await ensurePackages(["chromium"]);
  return {
    QI_CHROMIUM: "/usr/bin/chromium",
    QI_NODE20_BINARY: await ensureNode20(),
    QI_OLLAMA_BINARY: await ensureTool("ollama"),
    QI_LLAMA_SERVER_BINARY: await ensureTool("llama-server"),
    QI_LLAMA_QUANTIZE_BINARY: await ensureTool("llama-quantize"),
    QI_VERSITYGW_BINARY: await ensureTool("versitygw"),
  };
}
