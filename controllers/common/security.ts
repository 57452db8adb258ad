/** User and group that every container of ours runs as. */
export const UID = 10001;

/** What pod security "restricted" asks of a pod. */
export const podSecurityContext = {
  runAsNonRoot: true,
  runAsUser: UID,
  runAsGroup: UID,
  fsGroup: UID,
  seccompProfile: { type: "RuntimeDefault" },
} as const;

/** What it asks of a container, and a root filesystem that cannot be written. */
export const containerSecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
} as const;
