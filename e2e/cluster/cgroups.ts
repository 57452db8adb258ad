/** The control groups of pods and containers: made before the kubelet starts, and the surest list of what ran in them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dockerCgroup } from "./docker.ts";

/** The kubelet's `cgroupRoot`. */
export const podCgroup = "/qi";

const root = "/sys/fs/cgroup";

/** With cgroup v1 each controller is a hierarchy of its own, with v2 there is one. */
function hierarchies(): string[] {
  if (existsSync(join(root, "cgroup.controllers"))) return [root];
  return readdirSync(root).map((controller) => join(root, controller));
}

export function ensurePodCgroup(): void {
  for (const hierarchy of hierarchies()) {
    const group = join(hierarchy, podCgroup);
    mkdirSync(group, { recursive: true });
    // A new v1 cpuset is empty and takes no process; a v2 group has no controller until its parent passes it on.
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      if (existsSync(join(hierarchy, "tasks")) && existsSync(join(hierarchy, file))) {
        writeFileSync(join(group, file), readFileSync(join(hierarchy, file)));
      }
    }
    if (hierarchy === root) {
      const controllers = readFileSync(join(root, "cgroup.controllers"), "utf8").trim().split(/\s+/);
      for (const parent of [root, group]) {
        writeFileSync(join(parent, "cgroup.subtree_control"), controllers.map((name) => `+${name}`).join(" "));
      }
    }
  }
}

/** Our groups with all below them, deepest first: the order in which they can be removed. */
export function ourCgroups(): string[] {
  return hierarchies()
    .flatMap((hierarchy) => [join(hierarchy, podCgroup), join(hierarchy, dockerCgroup)])
    .filter((group) => existsSync(group))
    .flatMap((group) => [...descendants(group), group]);
}

function descendants(group: string): string[] {
  const children = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return children.flatMap(({ name }) => [...descendants(join(group, name)), join(group, name)]);
}
