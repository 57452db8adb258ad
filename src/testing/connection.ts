import type { KubeApi, Selection } from "../kube/api.ts";
import { type KubeObject, keyOf, keyText, type ObjectKey, type Resource } from "../kube/object.ts";
import type { World } from "./world.ts";

/** Where a process dies: before or after its n-th write, counted from 1. */
export interface CrashPoint {
  readonly at: "before" | "after";
  readonly write: number;
}

/** Thrown to a process that the test lets die. It never gets another answer. */
export class Crash extends Error {}

export interface Connection extends KubeApi {
  /** Writes that reached the world through this connection, as sentences. */
  readonly writes: readonly string[];
  readonly crashed: boolean;
}

/** A world as one process sees it: each call takes a turn of the event loop, as it would over a network. */
export function connectTo(world: World, crash?: CrashPoint): Connection {
  const writes: string[] = [];
  const state = { crashed: false };
  const alive = () => {
    if (state.crashed) throw new Crash("this process is dead");
  };
  const dieIf = (at: CrashPoint["at"], write: number) => {
    if (crash?.at !== at || crash.write !== write) return;
    state.crashed = true;
    throw new Crash(`died ${at} write ${write}`);
  };
  const read = async <T>(act: () => T): Promise<T> => {
    await Promise.resolve();
    alive();
    return act();
  };
  const write = async <T>(what: string, act: () => T): Promise<T> => {
    await Promise.resolve();
    alive();
    const number = writes.length + 1;
    dieIf("before", number);
    const result = act();
    writes.push(what);
    dieIf("after", number);
    return result;
  };
  const name = (object: KubeObject, subresource?: string) =>
    [object.kind, keyText(keyOf(object)), subresource].filter(Boolean).join(" ");
  return {
    writes,
    get crashed() {
      return state.crashed;
    },
    get: (resource, key) => read(() => world.get(resource, key)),
    list: (resource, selection) => read(() => world.list(resource, selection)),
    pages: async function* <T extends KubeObject>(resource: Resource<T>, selection?: Selection) {
      yield await read(() => world.list(resource, selection));
    },
    create: (object, o) => write(`create ${name(object)}`, () => world.create(object, o.fieldManager)),
    apply: (object, o) =>
      write(`apply ${name(object, o.subresource)}`, () => world.apply(object, o.fieldManager, o.subresource)),
    patch: (resource, key: ObjectKey, body, o) =>
      write(`patch ${resource.kind} ${keyText(key)}`, () =>
        world.patch(resource, key, body, o.fieldManager, o.subresource),
      ),
    update: (object, o) =>
      write(`update ${name(object, o.subresource)}`, () => world.update(object, o.fieldManager, o.subresource)),
    remove: (ref) => write(`remove ${ref.resource.kind} ${keyText(ref)}`, () => world.remove(ref)),
    logs: () => read(() => ""),
    watch: (resource, options) => read(() => world.follow(resource, options, state)),
  };
}
