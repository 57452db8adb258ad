import { sha256Hex } from "../../src/domain/identity.ts";
import type { Pod } from "../../src/kube/resources.ts";

/** Above this the loss of the simulated model diverges. */
const HIGHEST_STABLE_RATE = 1e-4;

/** What the training image makes of its arguments: exit code and termination message, as trainer-image/README.md has it. */
export function trainerSays(pod: Pod): { exitCode: number; message: string } {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const argument = (container: string, name: string) => {
    const args = containers.find((one) => one.name === container)?.args ?? [];
    return args.includes(name) ? args[args.indexOf(name) + 1] : undefined;
  };
  const said = (exitCode: number, reason: string, more: object = {}) => ({
    exitCode,
    message: JSON.stringify({ step: "x", reason, message: `${reason}.`, exitCode, ...more }),
  });
  if (pod.metadata.labels?.["learning.qi.dev/step"] === "train") {
    const { learningRate } = JSON.parse(argument("train", "--attempt") ?? "{}") as { learningRate: number };
    // The first pod of all finds the store away.
    if (pod.metadata.name.endsWith("-train-1-pod1")) return said(45, "StorageUnavailable");
    if (learningRate > HIGHEST_STABLE_RATE) return said(43, "Diverged", { metrics: { loss: 1e9 } });
    const sha256 = sha256Hex(`adapter trained at ${learningRate}`);
    return said(0, "Completed", {
      metrics: { loss: 0.7903, evaluationLoss: 0.81, perplexity: 2.25 },
      dataset: { rows: 120, used: 100, tooLong: 3, thinking: 75 },
      checkpoint: { uri: "s3://learning/checkpoints/c/step-00000100.tar", step: 100 },
      adapter: { uri: `s3://learning/adapters/${sha256}`, sha256 },
    });
  }
  const sha256 = sha256Hex(`file of ${argument("merge", "--adapter-sha256") ?? "the base model"}`);
  const artifact = { uri: `s3://learning/models/${sha256}`, sha256, size: 1234, quantization: "Q8_0" };
  return said(0, "Completed", { artifact });
}
