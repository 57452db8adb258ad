import type { OperatorConfig } from "../../src/api/operatorconfig.ts";
import { problems } from "../../src/api/problems.ts";
import { ModelVersions, QualityPolicies } from "../../src/api/v1alpha1/kinds.ts";
import { modelVersionSpec } from "../../src/api/v1alpha1/modelversion.ts";
import type { SidecarStatus } from "../../src/clients/sidecar.ts";
import type { Cache } from "../../src/kube/cache.ts";
import type { ObjectKey } from "../../src/kube/object.ts";
import { ConfigMaps, Deployments, Pods } from "../../src/kube/resources.ts";
import type { Facts } from "../../src/runtime/facts.ts";
import { labelOf, VERSION_LABEL } from "../common/labels.ts";
import { frozenName, SIDECAR_PORT } from "./objects.ts";
import type { VersionSnapshot } from "./snapshot.ts";

/** What observing a version needs beside the cache. */
export interface VersionSources {
  readonly config: OperatorConfig;
  readonly template: string;
  /** Keyed by `namespace/version/address:port`. */
  readonly sidecars: Facts<SidecarStatus>;
}

export function observe(
  key: ObjectKey,
  cache: Cache,
  { config, template, sidecars }: VersionSources,
): VersionSnapshot | undefined {
  const version = cache.get(ModelVersions, key);
  if (version === undefined) return undefined;
  const { namespace, name } = key;
  const parsed = modelVersionSpec.safeParse(version.spec);
  const policyName = version.spec?.policyRef?.name;
  const map = cache.get(ConfigMaps, { namespace, name: frozenName(version) });
  const deployment = cache.get(Deployments, key);
  const isOwn = (object: typeof map | typeof deployment) =>
    object?.metadata.ownerReferences?.some(({ uid }) => uid === version.metadata.uid) === true;
  const pods = cache
    .list(Pods, { namespace })
    .filter((pod) => labelOf(pod, VERSION_LABEL) === name && pod.metadata.deletionTimestamp === undefined);
  return {
    version,
    spec: parsed.success ? { valid: parsed.data } : { invalid: problems(parsed.error, "spec") },
    status: version.status ?? {},
    policy: policyName === undefined ? undefined : cache.get(QualityPolicies, { namespace, name: policyName }),
    frozen: isOwn(map) ? map : undefined,
    deployment: isOwn(deployment) ? deployment : undefined,
    pods: pods.map((pod) => {
      const address = pod.status?.podIP;
      const sidecar =
        address === undefined ? undefined : sidecars.want(`${namespace}/${name}/${hostOf(address)}:${SIDECAR_PORT}`);
      return { pod, sidecar };
    }),
    config,
    template,
  };
}

/** IPv6 addresses stand in brackets in a URL. */
function hostOf(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
