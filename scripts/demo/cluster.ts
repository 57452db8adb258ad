import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { attemptDocker, docker, ensureDocker } from "../../e2e/cluster/docker.ts";
import { imagesDir, madeDir } from "../../e2e/cluster/paths.ts";
import { attempt, progress, run } from "../../e2e/cluster/shell.ts";
import { ensureTool } from "../../e2e/cluster/tools.ts";
import { up } from "../../e2e/cluster/up.ts";
import { ensureImages, type Images } from "../../e2e/harness/images.ts";
import { localTarget } from "../../e2e/harness/local.ts";
import { type Target, target } from "../../e2e/harness/target.ts";

/** Where the demo runs, with the images that it installs, and how to be rid of it. */
export interface Stage {
  readonly on: Target;
  readonly images: Images;
  /** Commands, a line each. */
  readonly down: string;
}

/** A cluster on this machine, started when it does not run. */
export async function ownCluster(): Promise<Stage> {
  await up();
  return { on: await localTarget(), images: await ensureImages(), down: "npm run cluster -- down" };
}

/** A cluster that the user has. Images get there by the cluster's own loader, or through a registry. */
export async function usersCluster(context: string, push: string | undefined): Promise<Stage> {
  const contexts = await attempt("kubectl", ["config", "get-contexts", "--output=name"]);
  if (contexts.code !== 0)
    throw new Error(
      "kubectl is needed with --context, and was not found on PATH: see https://kubernetes.io/docs/tasks/tools",
    );
  if (!contexts.stdout.split("\n").includes(context))
    throw new Error(
      `your kubeconfig has no context ${context}; it has: ${contexts.stdout.trim().split("\n").join(", ")}`,
    );
  const deliver = delivery(context, push);
  const on = target({
    kubectl: ["kubectl", "--context", context],
    helm: [await ensureTool("helm"), "--kube-context", context],
    kubectlWords: `kubectl --context ${context}`,
  });
  const images = await delivered(deliver);
  const down = [
    `helm --kube-context ${context} uninstall qi-learning --namespace learning`,
    `kubectl --context ${context} delete namespace learning`,
    `helm --kube-context ${context} uninstall qi-learning-crds --namespace default`,
    `kubectl --context ${context} delete crd qualitypolicies.learning.qi.dev trainingruns.learning.qi.dev modelversions.learning.qi.dev`,
  ].join("\n");
  return { on, images, down };
}

type Deliver = (image: string) => Promise<string>;

/** How images get to a cluster; asked before anything is built, since that takes a while. */
function delivery(context: string, push: string | undefined): Deliver {
  if (push !== undefined) return (image) => pushed(image, push.replace(/\/+$/, ""));
  const [, tool, name = ""] = /^(kind|k3d)-(.+)$/.exec(context) ?? [];
  if (tool === "kind") return (image) => loaded(image, "kind", ["load", "image-archive", "--name", name]);
  if (tool === "k3d") return (image) => loaded(image, "k3d", ["image", "import", "--cluster", name]);
  throw new Error(
    `how shall images get to ${context}? Name a registry that it pulls from and that you may push to: --push registry.example.com/you`,
  );
}

async function delivered(deliver: Deliver): Promise<Images> {
  const built = await ensureImages();
  return {
    operator: await deliver(built.operator),
    trainer: await deliver(built.trainer),
    ollama: await deliver(built.ollama),
    objectStore: await deliver(built.objectStore),
  };
}

async function pushed(image: string, prefix: string): Promise<string> {
  const name = `${prefix}/${image.split("/").slice(1).join("/")}`;
  progress(`Pushing ${name} …`);
  await held(image);
  await docker(["tag", image, name]);
  await docker(["push", "--quiet", name]);
  return name;
}

/** By way of an archive: the image is in our own dockerd, which the cluster's loader does not know. */
async function loaded(image: string, program: string, args: readonly string[]): Promise<string> {
  progress(`Loading ${image} …`);
  await held(image);
  const folder = mkdtempSync(join(madeDir(imagesDir), "archive-"));
  try {
    const archive = join(folder, "image.tar");
    await docker(["save", "--output", archive, image]);
    await run(program, [...args, archive]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return image;
}

/** Makes sure that our dockerd runs and has the image: the registry may be all that is left of an earlier build. */
async function held(image: string): Promise<void> {
  await ensureDocker();
  if ((await attemptDocker(["image", "inspect", image])).code !== 0) await docker(["pull", "--quiet", image]);
}
