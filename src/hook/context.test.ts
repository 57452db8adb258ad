import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { context } from "../api/learning/interaction.ts";
import { eventually, ManualClock } from "../testing/clock.ts";
import { systemClock } from "./clock.ts";
import { readEnvironment } from "./context/environment.ts";
import { repositoryOf } from "./context/git.ts";
import { findRoots } from "./context/root.ts";
import { type Captured, ContextCapturer } from "./context.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "project-"));
});
afterEach(() => rm(root, { recursive: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
}

async function captured(from = root): Promise<Captured> {
  const capturer = new ContextCapturer({ root: () => from, refreshMs: 60_000, clock: systemClock });
  await capturer.refresh();
  const latest = capturer.latest();
  capturer.close();
  if (latest === undefined) throw new Error("nothing was captured");
  expect(context.safeParse(latest.context).error).toBeUndefined();
  return latest;
}

const GIT = {
  ".git/HEAD": "ref: refs/heads/feature/login\n",
  ".git/config": '[core]\n\tbare = false\n[remote "origin"]\n\turl = https://ann:secret@git.example/shop/web.git\n',
};

test("a project, its languages, its branch and its repository, without the credentials in the remote's URL", async () => {
  await write({
    ...GIT,
    "package.json": JSON.stringify({ name: "web-shop", dependencies: { react: "19", next: "16" } }),
    "src/a.ts": "",
    "src/deep/b.tsx": "",
    "src/c.py": "",
    "node_modules/react/index.js": "",
    ".cache/d.go": "",
  });
  const { context, repository, complete } = await captured(join(root, "src/deep"));
  expect(repository).toBe("git.example/shop/web");
  expect(complete).toBe(true);
  expect(context).toMatchObject({
    project: { name: "web-shop", kind: "node", frameworks: "next,react" },
    codebase: { languages: "typescript,python", "files.typescript": 2, "files.python": 1, branch: "feature/login" },
    environment: { platform: process.platform, node: process.version },
  });
  expect(JSON.stringify(context)).not.toContain("secret");
});

test.each([
  [
    "pyproject.toml",
    '[project]\nname = "api"\ndependencies = [\n  "fastapi>=0.1",\n  "numpy",\n]\n',
    "python",
    "api",
    "fastapi,numpy",
  ],
  [
    "pyproject.toml",
    '[tool.poetry]\nname = "old"\n[tool.poetry.dependencies]\ndjango = "^5"\n',
    "python",
    "old",
    "django",
  ],
  ["Cargo.toml", '[package]\nname = "crab"\n[dependencies]\ntokio = { version = "1" }\n', "rust", "crab", "tokio"],
  [
    "go.mod",
    "module git.example/op\n\nrequire sigs.k8s.io/controller-runtime v0.21.0\n",
    "go",
    "git.example/op",
    "controller-runtime",
  ],
])("%s tells name and frameworks", async (file, text, kind, name, frameworks) => {
  await write({ [file]: text });
  expect((await captured()).context.project).toEqual({ kind, name, frameworks });
});

test("what cannot be read leaves a partial context, never an error", async () => {
  await write({ "package.json": "{ broken", "a.ts": "", "closed/b.ts": "", ".git/HEAD": "\u0000\u0001" });
  await chmod(join(root, "closed"), 0o000);
  await symlink(root, join(root, "loop"));
  await mkdir(join(root, "go.mod"));
  const { context, complete } = await captured();
  expect(context.project).toEqual({ kind: "node" });
  expect(context.codebase).toMatchObject({ languages: "typescript" });
  expect(complete).toBe(true);
  await chmod(join(root, "closed"), 0o700);
});

test("outside of a project only the environment is told, and nothing is searched", async () => {
  await write({ "a.ts": "", "b/c.ts": "" });
  const { context, complete, repository } = await captured();
  expect(Object.keys(context)).toEqual(["environment"]);
  expect({ complete, repository }).toEqual({ complete: false, repository: undefined });
  expect((await captured(join(root, "nowhere"))).complete).toBe(false);
  const capturer = new ContextCapturer({
    root: () => {
      throw new Error("the working directory is gone");
    },
    refreshMs: 60_000,
    clock: systemClock,
  });
  await capturer.refresh();
  expect(capturer.latest()?.context.environment).toBeDefined();
  capturer.close();
});

test("the home folder is no project, whatever lies in it", async () => {
  await write({ "package.json": "{}", "work/notes.md": "" });
  expect(await findRoots(join(root, "work"), root)).toBeUndefined();
  expect(await findRoots(join(root, "work"), "/nowhere")).toEqual({ project: root, repository: undefined });
});

test("a worktree's branch and remote are found where its file points", async () => {
  await write({
    "main/.git/config": GIT[".git/config"],
    "main/.git/worktrees/w/HEAD": "ref: refs/heads/topic\n",
    "main/.git/worktrees/w/commondir": "../..\n",
    "w/.git": "gitdir: ../main/.git/worktrees/w\n",
    "w/go.mod": "module m\n",
  });
  const { context, repository } = await captured(join(root, "w"));
  expect(context.codebase?.branch).toBe("topic");
  expect(repository).toBe("git.example/shop/web");
});

test.each([
  ["git@github.com:Org/Repo.git", "github.com/Org/Repo"],
  ["ssh://git@git.example:2222/org/repo", "git.example:2222/org/repo"],
  ["https://token@git.example/org/repo.git?x=1", "git.example/org/repo"],
  ["/home/ann/repo.git", undefined],
  ["file:///home/ann/repo.git", undefined],
  ["C:\\Users\\ann\\repo", undefined],
  ["", undefined],
])("remote %j is repository %s", (url, repository) => {
  expect(repositoryOf(url)).toBe(repository);
});

test("the hash stays while nothing changes, and changes with what it is of", async () => {
  await write({ ...GIT, "package.json": '{"name":"a"}', "a.ts": "" });
  const first = await captured();
  expect((await captured()).hash).toBe(first.hash);
  await write({ ".git/HEAD": "ref: refs/heads/other\n" });
  expect((await captured()).hash).not.toBe(first.hash);
});

test("it looks anew only when asked for something too old, and answers at once with what it has", async () => {
  await write({ "package.json": '{"name":"a"}' });
  const clock = new ManualClock();
  const capturer = new ContextCapturer({ root: () => root, refreshMs: 60_000, clock });
  expect(capturer.latest()).toBeUndefined();
  await clock.advance(1);
  await eventually(() => capturer.contextHash !== undefined, "the first look");
  const first = capturer.latest();
  await write({ "package.json": '{"name":"b"}' });
  await clock.advance(59_000);
  expect(capturer.latest()).toBe(first);
  await clock.advance(2000);
  expect(capturer.latest()).toBe(first);
  await clock.advance(1);
  await eventually(() => capturer.contextHash !== first?.hash, "the second look");
  expect(capturer.latest()?.context.project?.name).toBe("b");
});

test("a project of many files is sampled", async () => {
  await write({ "go.mod": "module m\n" });
  await mkdir(join(root, "many"));
  await Promise.all(Array.from({ length: 10_100 }, (_, n) => writeFile(join(root, "many", `${n}.go`), "")));
  const { context } = await captured();
  expect(context.codebase).toMatchObject({ languages: "go", sampled: true });
});

test.each([
  [{ TERM_PROGRAM: "vscode" }, "vscode"],
  [{ TERM_PROGRAM: "vscode", CURSOR_TRACE_ID: "x" }, "cursor"],
  [{ TERMINAL_EMULATOR: "JetBrains-JediTerm" }, "jetbrains"],
  [{ EDITOR: "/usr/bin/nvim -f" }, "nvim"],
  [{ EDITOR: "/home/ann/bin/my-editor" }, undefined],
  [{}, undefined],
])("an environment of %j is edited with %s", (env, editor) => {
  const facts = readEnvironment({ platform: "linux", arch: "x64", version: "v24.0.0", env });
  expect(facts).toEqual({ platform: "linux", arch: "x64", node: "v24.0.0", ci: false, ...(editor && { editor }) });
});
