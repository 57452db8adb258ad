import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openWorkspace } from "./workspace.ts";

test("a workspace begins without what killed processes left, touches nobody else's, and leaves nothing", () => {
  const root = mkdtempSync(join(tmpdir(), "qi-workspace-"));
  try {
    const dead = spawnSync(process.execPath, ["--eval", ""]).pid;
    const left = [`qi-learning-${dead}-abc`, `qi-learning-${process.pid}-abc`];
    const others = [`qi-learning-${process.ppid}-abc`, "qi-learning-notes", "else"];
    for (const name of [...left, ...others]) {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, "texts"), "somebody's");
    }
    const workspace = openWorkspace(root);
    const [first, second] = [workspace.fresh(), workspace.fresh()];
    openWorkspace(root)[Symbol.dispose]();
    expect(first).not.toBe(second);
    expect([existsSync(first), existsSync(second)]).toEqual([true, true]);
    workspace[Symbol.dispose]();
    expect(readdirSync(root).sort()).toEqual([...others].sort());
  } finally {
    rmSync(root, { recursive: true });
  }
});
