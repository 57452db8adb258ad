/** The image registry on loopback: how images that we built get from dockerd to the kubelet. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { baseImage } from "./base-image.ts";
import { pauseImage } from "./containerd.ts";
import { attemptDocker, docker, ensureDocker } from "./docker.ts";
import { configDir, madeDir, registryAddress, registryDir } from "./paths.ts";
import { status } from "./probes.ts";
import type { Command } from "./processes.ts";
import { ensureTool } from "./tools.ts";

/** Reference of the base image as pods pull it. */
export const clusterBaseImage = reference(baseImage);

/** How the cluster names an image of our dockerd. */
export function reference(image: string): string {
  return image.startsWith(`${registryAddress}/`) ? image : `${registryAddress}/${image}`;
}

/**
 * Pushes an image of our dockerd into the registry and answers the reference that pods pull.
 * Only layers that the registry lacks are moved.
 */
export async function loadImage(image: string): Promise<string> {
  await ensureDocker();
  const target = reference(image);
  if (target !== image) await docker(["tag", image, target]);
  await docker(["push", "--quiet", target]);
  return target;
}

/** Whether the registry holds an image of that name and tag. */
export async function isLoaded(image: string): Promise<boolean> {
  const [, name, tag] = /^[^/]+\/(.+):([^:]+)$/.exec(reference(image)) ?? [];
  const accept = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json";
  return (await status(`http://${registryAddress}/v2/${name}/manifests/${tag}`, { accept })) === 200;
}

/**
 * Makes sure of the two images that the cluster itself needs: the base image, for the helper pods of its volumes,
 * and the pause image, whose one process holds a pod's namespaces and reaps what is re-parented to it.
 */
export async function ensureClusterImages(): Promise<void> {
  if (!(await isLoaded(baseImage))) {
    await ensureDocker();
    await loadImage(baseImage);
  }
  if (await isLoaded(pauseImage)) return;
  await ensureDocker();
  const waiting = "trap 'exit 0' TERM INT; while :; do sleep 86400 & wait $!; done";
  const dockerfile = `FROM ${baseImage}\nENTRYPOINT ${JSON.stringify(["/bin/sh", "-c", waiting])}\n`;
  if ((await attemptDocker(["image", "inspect", pauseImage])).code !== 0) {
    await docker(["build", "--quiet", "--tag", pauseImage, "-"], { input: dockerfile });
  }
  await loadImage(pauseImage);
}

export async function registryCommand(): Promise<Command> {
  const config = join(madeDir(configDir), "registry.yaml");
  writeFileSync(
    config,
    `version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${JSON.stringify(madeDir(registryDir))} }, delete: { enabled: true } }
http: { addr: ${registryAddress}, secret: only-one-replica }
`,
  );
  return { program: await ensureTool("registry"), args: ["serve", config], env: { OTEL_TRACES_EXPORTER: "none" } };
}
