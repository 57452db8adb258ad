/** Our own dockerd, on demand: builds images and runs containers beside the cluster. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { baseImage, baseImageArchive, caBundle } from "./base-image.ts";
import { ensureContainerd } from "./containerd.ts";
import { withLock } from "./lock.ts";
import { ensureNetwork } from "./network.ts";
import { containerPackages, ensurePackages, requireRoot } from "./packages.ts";
import { containerdSocket, dockerBridge, dockerHost, dockerPool, dockerRoot, runDir } from "./paths.ts";
import { findProcess, lastWords, startProcess } from "./processes.ts";
import { attempt, progress, type RunOptions, run, waitUntil } from "./shell.ts";

/** Parent cgroup of containers under dockerd; `down` ends whatever is still in it. */
export const dockerCgroup = "/qi-docker";

const pidFile = join(runDir, "docker.pid");

/**
 * Starts dockerd unless it runs, makes sure of the base image, and answers the DOCKER_HOST to use.
 * No iptables rule is made: our nft table masquerades, and docker's proxy processes publish ports, on loopback only.
 */
export function ensureDocker(): Promise<string> {
  return withLock("docker", startDocker);
}

async function startDocker(): Promise<string> {
  requireRoot();
  await ensurePackages(containerPackages);
  if (!existsSync(dockerCli()) && (await attempt("docker", ["--version"])).code !== 0)
    await ensurePackages(["docker-cli"]);
  await ensureContainerd();
  if (findProcess("dockerd") === undefined) {
    await ensureNetwork();
    rmSync(pidFile, { force: true }); // of a dockerd that was killed; its pid may be another's by now
    startProcess("dockerd", { program: "dockerd", args: dockerdFlags() });
  }
  await waitUntil("dockerd answers", 30, dockerAnswers).catch((error: Error) => {
    throw new Error(`${error.message}:\n${lastWords("dockerd")}`);
  });
  if ((await attemptDocker(["image", "inspect", baseImage])).code !== 0) {
    const archive = await baseImageArchive();
    await docker(["import", "--change", 'CMD ["bash"]', archive, baseImage]);
  }
  return dockerHost;
}

export async function dockerAnswers(): Promise<boolean> {
  return (await attemptDocker(["version"])).code === 0;
}

export interface DockerBuild {
  /** Folder whose files the Dockerfile may copy. */
  readonly context: string;
  /** Path of the Dockerfile; `context`/Dockerfile unless given. */
  readonly dockerfile?: string;
  readonly tag: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Builds an image and answers its id. Network access is the host's own, settings of the host's package tools included. */
export async function dockerBuild({ context, dockerfile, tag, buildArgs, labels }: DockerBuild): Promise<string> {
  await ensureDocker();
  progress(`Building image ${tag} …`);
  const flags = Object.entries({ ...packageSettings(process.env), ...buildArgs }).flatMap(([name, value]) => [
    "--build-arg",
    `${name}=${value}`,
  ]);
  for (const [name, value] of Object.entries(labels ?? {})) flags.push("--label", `${name}=${value}`);
  const file = dockerfile ?? join(context, "Dockerfile");
  await docker(["build", "--network", "host", "--tag", tag, "--file", file, ...flags, context]);
  return (await docker(["image", "inspect", "--format", "{{.Id}}", tag])).trim();
}

export interface DockerRun {
  readonly image: string;
  readonly command?: readonly string[];
  /** Further flags of `docker run`, for instance `["--detach", "--publish", "5432:5432"]`. */
  readonly flags?: readonly string[];
}

/** Runs a container and answers what it printed (its id when detached). */
export async function dockerRun({ image, command = [], flags = [] }: DockerRun): Promise<string> {
  await ensureDocker();
  return docker(["run", ...flags, image, ...command]);
}

/** Any other command of docker's CLI on our dockerd. */
export function docker(args: readonly string[], options: RunOptions = {}): Promise<string> {
  return run(dockerCli(), args, withHost(options));
}

export function attemptDocker(args: readonly string[]): ReturnType<typeof attempt> {
  return attempt(dockerCli(), args, withHost({}));
}

/** Settings of this machine's package tools that a build needs too; none of them is written into the image. */
export function packageSettings(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const names = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
  names.push("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "NPM_CONFIG_REGISTRY");
  const set = names.filter((name) => (environment[name] ?? "") !== "");
  // The base image holds the host's CA bundle at the same path, so these mean the same inside.
  const bundles = ["PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];
  set.push(...bundles.filter((name) => environment[name] === caBundle));
  return Object.fromEntries(set.map((name) => [name, environment[name] ?? ""]));
}

/** Debian's client where it is installed: another one on PATH may be of another version. */
export function dockerCli(): string {
  return existsSync("/usr/bin/docker") ? "/usr/bin/docker" : "docker";
}

function withHost(options: RunOptions): RunOptions {
  // The classic builder: BuildKit wants a plugin that Debian does not bring.
  return { ...options, env: { ...options.env, DOCKER_HOST: dockerHost, DOCKER_BUILDKIT: "0" } };
}

function dockerdFlags(): string[] {
  return [
    ["--containerd", containerdSocket],
    ["--data-root", dockerRoot],
    ["--exec-root", join(runDir, "docker")],
    ["--pidfile", pidFile],
    ["--host", dockerHost],
    ["--bridge", dockerBridge.name],
    ["--default-address-pool", `base=${dockerPool},size=24`],
    ["--iptables=false", "--ip6tables=false", "--ip-masq=false"],
    ["--ip", "127.0.0.1"],
    ["--cgroup-parent", dockerCgroup],
    ["--exec-opt", "native.cgroupdriver=cgroupfs"],
    ["--oom-score-adjust", "0"],
  ].flat();
}
