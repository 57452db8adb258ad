/** `npm run cluster -- up | down | status | load IMAGE | gpus N | kubeconfig`. Answers go to stdout, progress to stderr. */
import { down } from "./down.ts";
import { setFakeGpuNodes } from "./gpus.ts";
import { loadImage } from "./images.ts";
import { partNames } from "./parts.ts";
import { kubeconfigPath } from "./paths.ts";
import { nodeReady, partStatus, up } from "./up.ts";

const usage = `usage: npm run cluster -- COMMAND
  up                      start what does not run; prints the kubeconfig's path
  down [--keep-docker]    stop and clean up; --keep-docker spares dockerd, for builds in progress
  status                  what runs; exit code 0 only when all is ready
  load IMAGE              push an image of our dockerd; prints the reference that pods use
  gpus N                  have N fake nodes of 8 GPUs each
  kubeconfig              print the path of the administrator's kubeconfig`;

async function main([command, argument]: readonly string[]): Promise<number> {
  if (command === "up") console.log(await up());
  else if (command === "down") await down({ keepDocker: argument === "--keep-docker" });
  else if (command === "status") return printStatus();
  else if (command === "kubeconfig") console.log(kubeconfigPath);
  else if (command === "load" && argument !== undefined) console.log(await loadImage(argument));
  else if (command === "gpus" && /^\d+$/.test(argument ?? "")) await setFakeGpuNodes(Number(argument));
  else {
    console.error(usage);
    return 2;
  }
  return 0;
}

async function printStatus(): Promise<number> {
  const states = await Promise.all(partNames.map(partStatus));
  const rows = states.map(({ name, state, pid, address }) => [name, state, String(pid ?? "-"), address]);
  const ready = await nodeReady();
  rows.unshift(["PART", "STATE", "PID", "ADDRESS"]);
  rows.push(["node", ready ? "ready" : "not ready", "-", "-"]);
  for (const [name = "", state = "", pid = "", address = ""] of rows) {
    console.log(`${name.padEnd(26)}${state.padEnd(16)}${pid.padEnd(9)}${address}`);
  }
  return ready && states.every(({ state }) => state === "ready" || state === "not needed yet") ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
