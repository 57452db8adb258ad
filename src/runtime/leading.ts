import type { KubeApi } from "../kube/api.ts";
import { RuntimeError } from "./errors.ts";

/**
 * The same API, refusing each write that is tried while not leading. Asked at the moment of each write, because
 * leadership can end between two: a process that was paused must not go on where it stopped.
 */
export function onlyWhileLeading(api: KubeApi, isLeader: () => boolean): KubeApi {
  const check = (what: string) => {
    if (!isLeader()) throw new RuntimeError("Deposed", `not the leader any more: ${what} was not sent`);
  };
  return {
    get: (resource, key, options) => api.get(resource, key, options),
    list: (resource, options) => api.list(resource, options),
    pages: (resource, options) => api.pages(resource, options),
    logs: (pod, container, options) => api.logs(pod, container, options),
    watch: (resource, options) => api.watch(resource, options),
    create: async (object, options) => {
      check(`create ${object.kind} ${object.metadata.name}`);
      return api.create(object, options);
    },
    apply: async (object, options) => {
      check(`apply ${object.kind} ${object.metadata.name}`);
      return api.apply(object, options);
    },
    patch: async (resource, key, body, options) => {
      check(`patch ${resource.kind} ${key.name}`);
      return api.patch(resource, key, body, options);
    },
    update: async (object, options) => {
      check(`update ${object.kind} ${object.metadata.name}`);
      return api.update(object, options);
    },
    remove: async (ref, options) => {
      check(`remove ${ref.resource.kind} ${ref.name}`);
      return api.remove(ref, options);
    },
  };
}
