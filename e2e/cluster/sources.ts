/** How each tool is built from source: the versions, and one recipe for Go modules, one for llama.cpp's programs. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "./checksums.ts";
import { ensurePackages } from "./packages.ts";
import { attempt, run } from "./shell.ts";

/** Kubernetes 1.35 is the last line that accepts Debian 12's containerd 1.6. */
export const versions = {
  kubernetes: "v1.35.4",
  coredns: "v1.13.2",
  kwok: "v0.7.0",
  registry: "v3.0.0",
  versitygw: "v1.8.0",
  helm: "v4.1.4",
  ollama: "v0.34.4",
  "llama-server": "0c1e570",
  "llama-quantize": "0c1e570",
  "local-path-provisioner": "v0.0.30",
} as const;

export type ToolName = keyof typeof versions;

export interface Build {
  /** Where the program goes. */
  readonly output: string;
  /** An empty folder, removed afterwards. */
  readonly scratch: string;
  readonly log: string;
}

/** The multi-call binary of all Kubernetes parts; its go.sum pins every module. */
const kubernetesModule = join(import.meta.dirname, "kubernetes");

/** Each apart from Kubernetes: in one module CoreDNS would pull etcd to another version. */
const goPackages: Partial<Record<ToolName, string>> = {
  coredns: "github.com/coredns/coredns",
  kwok: "sigs.k8s.io/kwok/cmd/kwok",
  registry: "github.com/distribution/distribution/v3/cmd/registry",
  versitygw: "github.com/versity/versitygw/cmd/versitygw",
  helm: "helm.sh/helm/v4/cmd/helm",
  ollama: "github.com/ollama/ollama",
  "local-path-provisioner": "github.com/rancher/local-path-provisioner",
};

/** What a tool is built from beside its version, digested: a changed module is another tool. */
export function inputsOf(name: ToolName): string[] {
  if (name !== "kubernetes") return [];
  const hash = createHash("sha256");
  for (const file of readdirSync(kubernetesModule).sort())
    hash.update(file).update(readFileSync(join(kubernetesModule, file)));
  return [hash.digest("hex").slice(0, 12)];
}

export async function buildFromSource(name: ToolName, build: Build): Promise<void> {
  if (name === "llama-quantize") return buildLlamaQuantize(build);
  await requireGo(name);
  if (name === "llama-server") return buildLlamaServer(build);
  if (name === "kubernetes") return buildKubernetes(build);
  // Ollama's GPU bindings are C: without a compiler its package mlx does not build.
  if (name === "ollama") await ensurePackages(["gcc", "libc6-dev"]);
  const flags =
    name === "ollama" ? `-s -w -X=github.com/ollama/ollama/version.Version=${versions.ollama.slice(1)}` : "-s -w";
  const bin = join(build.scratch, "bin");
  await run("go", ["install", "-trimpath", "-ldflags", flags, `${goPackages[name]}@${versions[name]}`], {
    env: { GOBIN: bin, GOFLAGS: "", ...(name === "ollama" ? { CGO_ENABLED: "1" } : { CGO_ENABLED: "0" }) },
    log: build.log,
  });
  await run("install", ["-m", "755", join(bin, name), build.output]);
}

async function buildKubernetes({ output, log }: Build): Promise<void> {
  const [major, minor] = versions.kubernetes.slice(1).split(".");
  const version = "k8s.io/component-base/version";
  const facts = [
    `${version}.gitVersion=${versions.kubernetes}`,
    `${version}.gitMajor=${major}`,
    `${version}.gitMinor=${minor}`,
  ];
  const flags = ["-s -w", ...facts.map((fact) => `-X ${fact}`)].join(" ");
  await run("go", ["build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", output, "."], {
    cwd: kubernetesModule,
    env: { GOFLAGS: "", CGO_ENABLED: "0" },
    log,
  });
}

/** llama.cpp at the commit that this source package carries, with Ollama's own CMake files and patches. */
const llamaSource = {
  requirement: "llama-cpp-python==0.3.36",
  archive: "llama_cpp_python-0.3.36.tar.gz",
  sha256: "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e",
} as const;

/** Same answers as -O3, measured, in two thirds of the build time. */
const QUICK_BUILD = "-O1 -DNDEBUG";

/** For any processor, in one file. */
const llamaSettings = {
  CMAKE_BUILD_TYPE: "Release",
  CMAKE_CXX_FLAGS_RELEASE: QUICK_BUILD,
  BUILD_SHARED_LIBS: "OFF",
  GGML_NATIVE: "OFF",
  GGML_OPENMP: "OFF",
  GGML_BACKEND_DL: "OFF",
};

/** The k-quants that gguf-py cannot make: the trainer's tests ask it for one. */
async function buildLlamaQuantize({ output, scratch, log }: Build): Promise<void> {
  const llama = await llamaSources(scratch, log);
  const settings = { ...llamaSettings, LLAMA_BUILD_TESTS: "OFF", LLAMA_BUILD_EXAMPLES: "OFF", LLAMA_OPENSSL: "OFF" };
  await cmake({ from: llama, into: join(scratch, "build"), settings, target: "llama-quantize", output, log });
}

async function buildLlamaServer({ output, scratch, log }: Build): Promise<void> {
  const llama = await llamaSources(scratch, log);
  const module = JSON.parse(
    await run("go", ["mod", "download", "-json", `${goPackages.ollama}@${versions.ollama}`], { env: { GOFLAGS: "" } }),
  ) as { Dir: string };
  const settings = { ...llamaSettings, FETCHCONTENT_SOURCE_DIR_LLAMA_CPP: llama, OLLAMA_RUNNER_DIR: "" };
  const from = join(module.Dir, "llama/server");
  await cmake({ from, into: join(scratch, "build"), settings, target: "llama-server", output, log });
}

interface CMakeBuild {
  readonly from: string;
  readonly into: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly target: string;
  readonly output: string;
  readonly log: string;
}

async function cmake({ from, into, settings, target, output, log }: CMakeBuild): Promise<void> {
  const defines = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
  await run("cmake", ["-G", "Ninja", "-S", from, "-B", into, ...defines], { log });
  await run("cmake", ["--build", into, "--target", target], { log });
  await run("install", ["-s", "-m", "755", join(into, "bin", target), output]);
}

/** Answers the folder of llama.cpp. */
async function llamaSources(scratch: string, log: string): Promise<string> {
  await ensurePackages(["cmake", "g++", "git", "ninja-build", "python3-pip", "python3-venv"]);
  const python = [
    "-m",
    "pip",
    "download",
    "--quiet",
    "--no-deps",
    "--no-binary",
    "llama-cpp-python",
    "--dest",
    scratch,
  ];
  await run("python3", [...python, llamaSource.requirement], { log });
  const archive = join(scratch, llamaSource.archive);
  const sum = await sha256(archive);
  if (sum !== llamaSource.sha256)
    throw new Error(`${llamaSource.archive} has sha256 ${sum}, expected ${llamaSource.sha256}`);
  const sources = join(scratch, "sources");
  mkdirSync(sources);
  // All of it, llama.cpp's own repository included: git applies Ollama's patches there, and the build records its commit.
  await run("tar", ["-xzf", archive, "-C", sources, "--strip-components", "1"]);
  return join(sources, "vendor/llama.cpp");
}

async function requireGo(name: ToolName): Promise<void> {
  const answer = await attempt("go", ["env", "GOVERSION"]);
  if (!recentEnough(answer.stdout)) {
    const found = answer.stdout.trim() || "none";
    throw new Error(
      `Building ${name} from source needs Go 1.26 or newer on PATH (found: ${found}): install it and run this again`,
    );
  }
}

/** Reads "go1.26.8"; what is no such version counts as too old. */
export function recentEnough(goVersion: string): boolean {
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(goVersion) ?? [];
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 26);
}
