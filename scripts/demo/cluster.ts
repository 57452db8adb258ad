import { docker } from "../../e2e/cluster/docker.ts";
import { attempt, progress, run } from "../../e2e/cluster/shell.ts";
import { ensureTool } from "../../e2e/cluster/tools.ts";
import { up } from "../../e2e/cluster/up.ts";
import { localTarget } from "../../e2e/harness/local.ts";
import { type Target, target } from "../../e2e/harness/target.ts";
import { ensureImages, type Images } from "../images.ts";

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
  const helm = (await attempt("helm", ["version"])).code === 0 ? "helm" : await ensureTool("helm");
  const on = target({
    kubectl: ["kubectl", "--context", context],
    helm: [helm, "--kube-context", context],
    kubectlWords: `kubectl --context ${context}`,
  });
  const images = await delivered(context, push);
  const down = [
    `helm --kube-context ${context} uninstall qi-learning --namespace learning`,
    `kubectl --context ${context} delete namespace learning`,
    `helm --kube-context ${context} uninstall qi-learning-crds --namespace default`,
    `kubectl --context ${context} delete crd qualitypolicies.learning.qi.dev trainingruns.learning.qi.dev modelversions.learning.qi.dev`,
  ].join("\n");
  return { on, images, down };
}

async function delivered(context: string, push: string | undefined): Promise<Images> {
  const built = await ensureImages();
  const deliver = (image: string) => {
    if (push !== undefined) return pushed(image, push.replace(/\/+$/, ""));
    if (context.startsWith("kind-"))
      return loaded(image, "kind", ["load", "docker-image", "--name", context.slice("kind-".length), image]);
    if (context.startsWith("k3d-"))
      return loaded(image, "k3d", ["image", "import", "--cluster", context.slice("k3d-".length), image]);
    throw new Error(
      `how shall images get to ${context}? Name a registry that it pulls from and that you may push to: --push registry.example.com/you`,
    );
  };
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
  await docker(["tag", image, name]);
  await docker(["push", "--quiet", name]);
  return name;
}

async function loaded(image: string, program: string, args: readonly string[]): Promise<string> {
  progress(`Loading ${image} …`);
  await run(program, args);
  return image;
}
