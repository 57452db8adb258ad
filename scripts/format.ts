import { join } from "node:path";
import { run } from "../e2e/cluster/shell.ts";
import { ensureRuff, PYTHON } from "./python.ts";

/** Formats and mends what can be mended by itself. */
const root = join(import.meta.dirname, "..");
const ruff = await ensureRuff();
await run(join(root, "node_modules/.bin/biome"), ["check", "--write", "."], { cwd: root });
await run(ruff, ["check", "--fix", ...PYTHON], { cwd: root });
await run(ruff, ["format", ...PYTHON], { cwd: root });
