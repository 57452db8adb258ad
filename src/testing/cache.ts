import { Cache, type CacheSource } from "../kube/cache.ts";
import { apiVersionOf, type KubeObject, resourceOf } from "../kube/object.ts";

/** A synced cache that holds `objects`: for tests of `observe`. Kinds without objects are named by `sources`. */
export function cacheOf(objects: readonly KubeObject[], sources: readonly CacheSource[] = []): Cache {
  const named = (object: { apiVersion: string; kind: string }) => `${object.apiVersion} ${object.kind}`;
  const known = new Set(sources.map(({ resource }) => `${apiVersionOf(resource)} ${resource.kind}`));
  const all: CacheSource[] = [...sources];
  for (const object of objects) {
    if (known.has(named(object))) continue;
    known.add(named(object));
    all.push({ resource: resourceOf(object) });
  }
  const cache = new Cache(all);
  for (const { resource } of all) {
    const mine = objects.filter(
      (object) => object.kind === resource.kind && resourceOf(object).group === resource.group,
    );
    cache.store(resource).replace(mine, "1");
  }
  return cache;
}
