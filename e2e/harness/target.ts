import { type ChildProcess, spawn } from "node:child_process";
import { attempt, run } from "../cluster/shell.ts";

/** A cluster to work on: how to call kubectl and helm for it. */
export interface Target {
  /** Runs kubectl and answers its stdout; throws with its last words. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** The same, whatever its exit code. */
  tryKubectl(args: readonly string[], input?: string): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Starts kubectl, for what goes on until it is killed. */
  spawnKubectl(args: readonly string[]): ChildProcess;
  helm(args: readonly string[]): Promise<string>;
  /** What a user types for the same: `kubectl --context x`. */
  readonly kubectlWords: string;
}

export interface Programs {
  /** Program and leading arguments. */
  readonly kubectl: readonly [string, ...string[]];
  readonly helm: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly kubectlWords: string;
}

export function target({ kubectl, helm, env = {}, kubectlWords }: Programs): Target {
  const [kubectlProgram, ...kubectlFirst] = kubectl;
  const [helmProgram, ...helmFirst] = helm;
  return {
    kubectl: (args, input = "") => run(kubectlProgram, [...kubectlFirst, ...args], { input, env }),
    tryKubectl: (args, input = "") => attempt(kubectlProgram, [...kubectlFirst, ...args], { input, env }),
    spawnKubectl: (args) =>
      spawn(kubectlProgram, [...kubectlFirst, ...args], {
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      }),
    helm: (args) => run(helmProgram, [...helmFirst, ...args], { env }),
    kubectlWords,
  };
}
