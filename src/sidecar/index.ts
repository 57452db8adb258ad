export { type SidecarConfig, sidecarConfig } from "./config.ts";
export { runSidecar, type SidecarOptions } from "./run.ts";
export { type Reason, reasons, type SidecarStatus, type StateName, sidecarStatus, stateNames } from "./status.ts";
