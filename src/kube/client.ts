import type {
  Cancellable,
  KubeApi,
  ListOptions,
  LogOptions,
  ObjectList,
  RemoveOptions,
  Subresource,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "./api.ts";
import type { ClusterConfig } from "./config.ts";
import { isConflict, isNotFound } from "./errors.ts";
import {
  apiVersionOf,
  type KubeObject,
  keyOf,
  keyText,
  type ObjectKey,
  type Ref,
  type Resource,
  resourceOf,
} from "./object.ts";
import { Transport, type TransportOptions } from "./transport.ts";
import { watchLines } from "./watch.ts";

/** client-go's page: small enough to parse without being felt, large enough to be few. */
const PAGE = 500;

/** An API server over HTTP. */
export class Client implements KubeApi {
  readonly #transport: Transport;

  constructor(config: ClusterConfig, options: TransportOptions = {}) {
    this.#transport = new Transport(config, options);
  }

  async get<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options: Cancellable = {},
  ): Promise<T | undefined> {
    try {
      return await this.#transport.json<T>({ method: "GET", ...at("get", resource, key), ...options });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    const items: T[] = [];
    let resourceVersion = "";
    for await (const page of this.pages(resource, options)) {
      items.push(...page.items);
      resourceVersion = page.resourceVersion;
    }
    return { items, resourceVersion };
  }

  async *pages<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): AsyncIterable<ObjectList<T>> {
    let next: string | undefined;
    do {
      const page = await this.#transport.json<ListAnswer<T>>({
        method: "GET",
        ...at("list", resource, { namespace: options.namespace ?? "" }),
        query: { ...selectors(options), limit: options.limit ?? PAGE, continue: next },
        ...signalOf(options),
      });
      next = page.metadata.continue || undefined;
      // Items of a list come without these two.
      const named = { apiVersion: apiVersionOf(resource), kind: resource.kind };
      const items = (page.items ?? []).map((item) => ({ ...named, ...item }));
      yield { items, resourceVersion: page.metadata.resourceVersion };
    } while (next !== undefined);
  }

  create<T extends KubeObject>(object: T, options: WriteOptions): Promise<T> {
    const { path } = at("create", resourceOf(object), { namespace: object.metadata.namespace ?? "" });
    const { tried } = at("create", resourceOf(object), keyOf(object));
    return this.#transport.json({ method: "POST", path, tried, body: object, ...writing(options) });
  }

  apply<T extends KubeObject>(object: T, options: WriteOptions & Subresource): Promise<T> {
    const { fieldManager, subresource } = options;
    return this.#transport.json({
      method: "PATCH",
      ...at("apply", resourceOf(object), keyOf(object), subresource),
      body: object,
      contentType: "application/apply-patch+yaml",
      query: { fieldManager, force: true },
      ...signalOf(options),
    });
  }

  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    body: object,
    options: WriteOptions & Subresource,
  ): Promise<T> {
    return this.#transport.json({
      method: "PATCH",
      ...at("patch", resource, key, options.subresource),
      body,
      contentType: "application/merge-patch+json",
      ...writing(options),
    });
  }

  update<T extends KubeObject>(object: T, options: WriteOptions & Subresource): Promise<T> {
    const where = at("update", resourceOf(object), keyOf(object), options.subresource);
    return this.#transport.json({ method: "PUT", ...where, body: object, ...writing(options) });
  }

  async remove(ref: Ref, options: RemoveOptions = {}): Promise<void> {
    try {
      await this.#transport.text({
        method: "DELETE",
        ...at("delete", ref.resource, ref),
        body: {
          apiVersion: "v1",
          kind: "DeleteOptions",
          propagationPolicy: options.propagationPolicy ?? "Background",
          preconditions: { uid: ref.uid },
        },
        ...signalOf(options),
      });
    } catch (error) {
      // The uid is the only precondition, so a conflict says that the object meant is gone.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  logs(pod: ObjectKey, container: string, options: LogOptions = {}): Promise<string> {
    const { signal, ...query } = options;
    const pods = { group: "", version: "v1", kind: "Pod", plural: "pods" };
    return this.#transport.text({
      method: "GET",
      ...at("read", pods, pod, "log"),
      query: { container, ...query },
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions,
  ): Promise<AsyncIterable<WatchEvent<T>>> {
    const { resourceVersion, timeoutSeconds, signal } = options;
    const where = at("watch", resource, { namespace: options.namespace ?? "" });
    const query = { ...selectors(options), watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds };
    return watchLines(await this.#transport.stream({ method: "GET", ...where, query, signal }), where.tried);
  }

  /** Cuts every connection; a client closed is not used again. */
  close(): Promise<void> {
    return this.#transport.close();
  }
}

interface ListAnswer<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[] | null;
}

/** Where a resource or object is, and the words for it in an error. */
function at(verb: string, resource: Resource, key: { namespace: string; name?: string }, subresource?: string) {
  const parts = resource.group === "" ? ["api"] : ["apis", resource.group];
  parts.push(resource.version);
  if (key.namespace !== "") parts.push("namespaces", key.namespace);
  parts.push(resource.plural);
  if (key.name !== undefined) parts.push(key.name);
  if (subresource !== undefined) parts.push(subresource);
  const named = key.name === undefined ? key.namespace && `in ${key.namespace}` : keyText({ ...key, name: key.name });
  return {
    path: `/${parts.map(encodeURIComponent).join("/")}`,
    tried: [verb, resource.plural, named, subresource].filter(Boolean).join(" "),
  };
}

const selectors = ({ labelSelector, fieldSelector }: ListOptions) => ({ labelSelector, fieldSelector });

const signalOf = ({ signal }: Cancellable) => (signal === undefined ? {} : { signal });

const writing = (options: WriteOptions) => ({ query: { fieldManager: options.fieldManager }, ...signalOf(options) });
