import { describe, expect, it } from "vitest";
import { Cache } from "./cache.ts";
import type { KubeObject } from "./object.ts";
import { ConfigMaps } from "./resources.ts";
import { isAtLeast, OWNER_INDEX, Store } from "./store.ts";

const configMap = (name: string, resourceVersion: string, more: Partial<KubeObject["metadata"]> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "team-a", uid: `uid-${name}`, resourceVersion, ...more },
});
const ownedBy = (uid: string) => ({
  ownerReferences: [{ apiVersion: "v1", kind: "X", name: "x", uid, controller: true }],
});
const key = (name: string) => ({ namespace: "team-a", name });

function observed() {
  const store = new Store({ app: (object) => [object.metadata.labels?.app ?? "none"] });
  const told: string[] = [];
  store.onChange((event) => told.push(`${event.type} ${event.object.metadata.name}`));
  return { store, told };
}

describe("a store", () => {
  it("freezes what it keeps", () => {
    const { store } = observed();
    store.replace([configMap("a", "1", { labels: { app: "x" } })], "1");
    expect(() => Object.assign(store.get(key("a"))?.metadata.labels ?? {}, { app: "y" })).toThrow(TypeError);
  });

  it("tells what a list changed, and nothing of what it only confirmed", () => {
    const { store, told } = observed();
    store.replace([configMap("a", "1"), configMap("b", "2"), configMap("c", "3")], "3");
    told.length = 0;
    store.replace([configMap("a", "1"), configMap("b", "5"), configMap("c", "6", { uid: "another" })], "9");
    store.replace([configMap("b", "5"), configMap("c", "6", { uid: "another" })], "10");
    expect(told).toEqual(["Modified b", "Deleted c", "Added c", "Deleted a"]);
  });

  it("finds objects by owner and by its own indexes, as they are now", () => {
    const { store } = observed();
    store.put(configMap("a", "1", { ...ownedBy("u1"), labels: { app: "x" } }));
    store.put(configMap("b", "2", ownedBy("u1")));
    store.put(configMap("a", "3", { ...ownedBy("u2"), labels: { app: "y" } }));
    const names = (index: string, value: string) => store.indexed(index, value).map((object) => object.metadata.name);
    expect([names(OWNER_INDEX, "u1"), names(OWNER_INDEX, "u2"), names("app", "x"), names("app", "y")]).toEqual([
      ["b"],
      ["a"],
      [],
      ["a"],
    ]);
    store.remove(configMap("a", "4"));
    expect(names("app", "y")).toEqual([]);
    expect(() => store.indexed("colour", "red")).toThrow("no index colour: the store has owner, app");
  });

  it("does not go back in time when a resumed watch repeats what it knows", () => {
    const { store, told } = observed();
    store.put(configMap("a", "5"));
    store.put(configMap("a", "4"));
    store.put(configMap("a", "5"));
    store.remove(configMap("a", "3"));
    expect(told).toEqual(["Added a"]);
  });

  it("knows that it has caught up with a write, by the object, by any later news, or by a bookmark", () => {
    const { store } = observed();
    store.replace([], "10");
    expect(store.observedAtLeast(key("a"), "11")).toBe(false);
    store.put(configMap("a", "11"));
    expect(store.observedAtLeast(key("a"), "11")).toBe(true);
    store.bookmark("20");
    expect(store.observedAtLeast(key("gone-again"), "15")).toBe(true);
    expect(isAtLeast("100", "99")).toBe(true);
  });
});

describe("a cache", () => {
  it("is synced when every kind has been listed, and refuses kinds that it does not keep", () => {
    const cache = new Cache([{ resource: ConfigMaps }]);
    expect(cache.hasSynced()).toBe(false);
    cache.store(ConfigMaps).replace([], "1");
    expect(cache.hasSynced()).toBe(true);
    expect(() => cache.get({ ...ConfigMaps, plural: "secrets" }, key("a"))).toThrow("secrets of v1 is not cached");
    expect(() => new Cache([{ resource: ConfigMaps }, { resource: ConfigMaps }])).toThrow("two cache sources");
  });
});
