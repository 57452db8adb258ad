/** The image registry on loopback: how images that we built get from dockerd to the kubelet. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { baseImage } from "./base-image.ts";
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

/** Whether the registry holds an image of that name and tag. */
export async function isLoaded(image: string): Promise<boolean> {
  const [, name, tag] = /^[^/]+\/(.+):([^:]+)$/.exec(reference(image)) ?? [];
  const accept = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json";
  return (await status(`http://${registryAddress}/v2/${name}/manifests/${tag}`, { accept })) === 200;
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
