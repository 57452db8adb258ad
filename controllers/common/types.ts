import type { Job } from "../../src/kube/resources.ts";

/** Parts of a pod as they are written in JSON. */
export type PodTemplate = NonNullable<Job["spec"]>["template"];
export type PodSpec = NonNullable<PodTemplate["spec"]>;
export type Container = PodSpec["containers"][number];
export type EnvVar = NonNullable<Container["env"]>[number];
