/** Getting images from dockerd to the cluster, by way of the registry. */
import { baseImage } from "./base-image.ts";
import { pauseImage } from "./containerd.ts";
import { attemptDocker, docker, ensureDocker } from "./docker.ts";
import { startPart } from "./parts.ts";
import { isLoaded, reference } from "./registry.ts";

/**
 * Pushes an image of our dockerd into the registry and answers the reference that pods pull.
 * Only layers that the registry lacks are moved.
 */
export async function loadImage(image: string): Promise<string> {
  await ensureDocker();
  await startPart("registry");
  const target = reference(image);
  if (target !== image) await docker(["tag", image, target]);
  await docker(["push", "--quiet", target]);
  return target;
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
