import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { KINDS } from "../../src/api/v1alpha1/kinds.ts";
import { keyOf, refTo } from "../../src/kube/object.ts";
import { accepted } from "./accepted.ts";
import { install } from "./install.ts";
import { explanations, headers, statuses } from "./kubectl.ts";
import { loosen, restore } from "./looser.ts";
import { refused } from "./refused.ts";
import { named, policy, run } from "./samples.ts";
import { type AnyObject, MANAGER, resourceOf, Server, until } from "./server.ts";
import { stored, tried, updates } from "./updates.ts";

let server: Server;
let namespace: Awaited<ReturnType<Server["namespace"]>>;

beforeAll(async () => {
  server = await Server.connect();
  await install(server);
  namespace = await server.namespace();
  for (const object of stored) await server.client.create(here(object), { fieldManager: MANAGER });
}, 60_000);

afterAll(async () => {
  await namespace?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

const here = (object: AnyObject): AnyObject => named(object.metadata.name, object, namespace.name);
const kubectl = (...args: string[]) => server.kubectl([...args, "--namespace", namespace.name]);
const example = (name: string) => new URL(`examples/${name}.yaml`, import.meta.url);
const now = async (object: AnyObject): Promise<AnyObject> => {
  const found = await server.client.get(resourceOf(object.kind), keyOf(here(object)));
  if (found === undefined) throw new Error(`${object.kind} ${object.metadata.name} is not on the server`);
  return found;
};

/** The server's words of refusal; fails where it did not refuse. */
const refusalOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    (result) => expect.fail(`The server let it through, as ${JSON.stringify((result as AnyObject).spec)}`),
    (error: Error) => error.message,
  );

describe("the server accepts", () => {
  it.each(accepted)("%s, and stores what zod makes of it", async (_, object) => {
    const result = await server.create(here(object));
    const parsed = KINDS.find(({ resource }) => resource.kind === object.kind)?.schema.parse({ spec: object.spec });
    expect(result.spec).toEqual(parsed?.spec);
  });

  it.each(["qualitypolicy-six-lines", "qualitypolicy-full", "trainingrun", "modelversion"])(
    "the example %s from kubectl, which validates strictly",
    async (name) => {
      const printed = await kubectl(
        "create",
        "--dry-run=server",
        "--validate=strict",
        "--filename",
        example(name).pathname,
      );
      expect(printed).toContain("created (server dry run)");
    },
  );

  it("a policy of six lines, and fills in every default", async () => {
    const lines = await readFile(example("qualitypolicy-six-lines"), "utf8");
    expect(lines.trim().split("\n")).toHaveLength(6);
    const result = await server.create(here(parse(lines) as AnyObject));
    expect(result.spec).toEqual(parse(await readFile(example("qualitypolicy-defaults"), "utf8")));
  });

  it("a run and fills in nothing: what it leaves out is the policy's to say", async () => {
    for (const spec of [run().spec, run({ lora: {}, optimization: {}, podTemplate: {}, resources: {} }).spec])
      expect((await server.create(here({ ...run(), spec }))).spec).toEqual(spec);
  });
});

describe("the server refuses", () => {
  it.each(refused)("%s", async (_, object, answer) => {
    expect(await refusalOf(server.create(here(object)))).toContain(answer);
  });

  it("from kubectl, in words that name the field", async () => {
    const manifest = JSON.stringify(here(policy({ traning: {} })));
    const answer = refusalOf(server.kubectl(["create", "--validate=strict", "--filename", "-"], manifest));
    expect(await answer).toContain('unknown field "spec.traning"');
  });
});

describe("of what is stored,", () => {
  it.each(updates.filter(({ refusal }) => refusal !== undefined))(
    "$what: is refused",
    async ({ of, patch, refusal }) => {
      expect(await refusalOf(server.patch(here(of), patch))).toContain(refusal);
    },
  );

  it.each(updates.filter(({ refusal }) => refusal === undefined))("$what: is allowed", async ({ of, patch }) => {
    const result = await server.patch(here(of), patch);
    expect(withoutNulls(result)).toMatchObject(withoutNulls(patch));
  });

  it.each(KINDS)("every field of a $resource.kind has been tried", ({ resource, schema }) => {
    const spec = schema.shape.spec as unknown as { shape: object };
    expect([...(tried[resource.kind] ?? [])].sort()).toEqual(Object.keys(spec.shape).sort());
  });
});

describe.each(statuses)("the status of a $kind", ({ kind, status, wrong, printed }) => {
  const object = stored.find((candidate) => candidate.kind === kind) as AnyObject;

  it("is written through its subresource, touching neither spec nor generation", async () => {
    const before = await now(object);
    await server.client.patch(
      resourceOf(kind),
      keyOf(here(object)),
      { spec: { suspend: !(before.spec as { suspend: boolean }).suspend }, status },
      { fieldManager: MANAGER, subresource: "status" },
    );
    const after = await now(object);
    expect(after.status).toEqual(status);
    expect(after.spec).toEqual(before.spec);
    expect(after.metadata.generation).toBe(before.metadata.generation);
  });

  it("is what kubectl get prints", async () => {
    const lines = await kubectl("get", kind, object.metadata.name);
    expect(lines.split("\n")[1]?.split(/ {2,}/).slice(0, -1)).toEqual([object.metadata.name, ...printed]);
  });

  it("cannot be written with the object", async () => {
    const created = await server.create({ ...named("new", here(object)), status });
    expect(created.status).toBeUndefined();
    const before = await now(object);
    const patched = await server.patch(here(object), { status: null });
    expect(patched.status).toEqual(before.status);
  });

  it.each(wrong)("is held against its schema: %s", async (_, body, answer) => {
    const patched = server.client.patch(
      resourceOf(kind),
      keyOf(here(object)),
      { status: body },
      { fieldManager: MANAGER, subresource: "status" },
    );
    expect(await refusalOf(patched)).toContain(answer);
  });
});

describe("kubectl", () => {
  it.each(headers)("get %s prints the columns of its documentation", async (name, columns) => {
    const [header = ""] = (await kubectl("get", name)).split("\n");
    expect(header.trim().split(/\s+/)).toEqual(columns);
  });

  it("get learning lists all three kinds", async () => {
    const kinds = (await kubectl("get", "learning", "--output", "name"))
      .trim()
      .split("\n")
      .map((name) => name.split("/")[0]);
    expect([...new Set(kinds)].sort()).toEqual(
      KINDS.map(({ resource }) => `${resource.kind.toLowerCase()}.${resource.group}`).sort(),
    );
  });

  it.each(explanations)("explain %s teaches: %s", async (path, words) => {
    const text = async () => (await server.kubectl(["explain", path]).catch(String)).replace(/\s+/g, " ");
    // A definition just installed is published a moment later than it is served.
    await until(`kubectl explain ${path} says "${words}"`, async () => (await text()).includes(words));
  });
});

describe("an older, looser definition", () => {
  const outOfBounds = named("out-of-bounds", run({ lora: { rank: 0 }, nonsense: { deep: [1] }, suspend: true }));
  const mistyped = named("mistyped", run({ lora: { rank: "sixteen" }, suspend: true }));

  beforeAll(() => loosen(server), 60_000);
  afterAll(() => restore(server), 60_000);

  it.each([outOfBounds, mistyped])(
    "lets through and stores what today's would refuse: $metadata.name",
    async (object) => {
      await server.client.create(here(object), { fieldManager: MANAGER });
      expect((await now(object)).spec).toEqual(object.spec);
    },
  );

  describe("once it is restored,", () => {
    beforeAll(() => restore(server), 60_000);

    const status = { phase: "Failed", message: "spec.lora.rank: expected number to be >=1" };
    const report = (of: AnyObject) =>
      server.client.patch(
        resourceOf(of.kind),
        keyOf(here(of)),
        { status },
        { fieldManager: MANAGER, subresource: "status" },
      );
    const metadata = { annotations: { "learning.qi.dev/abort": "1" }, finalizers: ["learning.qi.dev/contract"] };

    it("refuses the same again", async () => {
      expect(await refusalOf(server.create(named("again", here(outOfBounds))))).toContain("spec.nonsense");
      expect(await refusalOf(server.create(named("again", here(mistyped))))).toContain("spec.lora.rank");
    });

    it("takes a status for what was stored out of bounds, so that the operator can say InvalidSpec", async () => {
      await report(outOfBounds);
      expect((await now(outOfBounds)).status).toEqual(status);
    });

    it("takes finalizers and commands for what was stored out of bounds", async () => {
      expect((await server.patch(here(outOfBounds), { metadata })).metadata).toMatchObject(metadata);
    });

    // The server evaluates rules on oldSelf even where nothing changed, and stops at a value that is not of its type.
    it("takes nothing for what was stored with another type, not even a status: an operator must not insist", async () => {
      const why = "invalid data, expected int, got string";
      expect(await refusalOf(report(mistyped))).toContain(why);
      expect(await refusalOf(server.patch(here(mistyped), { metadata }))).toContain(why);
      const mended = server.patch(here(mistyped), { spec: { lora: { rank: 16 } } });
      expect(await refusalOf(mended)).toContain("spec.lora is immutable");
    });

    it.each([outOfBounds, mistyped])("lets go of what was stored: $metadata.name", async (object) => {
      await server.client.remove({ ...refTo(await now(object)), resource: resourceOf(object.kind) });
      expect(await server.client.get(resourceOf(object.kind), keyOf(here(object)))).toBeUndefined();
    });
  });
});

/** A merge patch's nulls are fields that are gone. */
function withoutNulls(value: unknown): object {
  return JSON.parse(JSON.stringify(value, (_, field) => (field === null ? undefined : field))) as object;
}
