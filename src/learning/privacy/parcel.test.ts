import fc from "fast-check";
import { expect, test } from "vitest";
import { SpareMemory } from "./memory.ts";
import { LONG, memoryOf, opened, type Parcel, packed, whole } from "./parcel.ts";

const long = (text: string) => text.repeat(Math.ceil(LONG / text.length));
const value = {
  id: 7,
  long: long("a\ud800b\0"),
  short: "jane@example.org",
  history: [{ content: long("é") }, { content: "" }, { content: long("é") }],
  none: null,
  thinking: false,
};

const memory = new SpareMemory(0);

/** As it would be on the other side. */
const cross = <T>(parcel: Parcel<T>): Parcel<T> => structuredClone(parcel, { transfer: memoryOf(parcel) });

test("what is opened is what was packed, lone surrogates and all", async () => {
  expect(await opened(cross(await packed(value, [], memory)), [], memory)).toEqual(value);
  expect(await opened(cross(await packed(value, [], memory)), [], memory, true)).toEqual(value);
});

test("an object of many fields goes as a text, and comes out as it was", async () => {
  const wide = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`${n} "é`, { name: `SECRET_${n}`, n }]));
  const parcel = await packed({ wide, twice: wide, narrow: { a: 1 } }, [], memory);
  expect(parcel.texts.length).toBe(1);
  expect(parcel.value).toEqual({ wide: -1n, twice: -1n, narrow: { a: 1 } });
  expect(await opened(cross(parcel), [], memory)).toEqual({ wide, twice: wide, narrow: { a: 1 } });
});

test("a text that stands in it twice goes once", async () => {
  expect((await packed(value, [], memory)).texts.map(({ byteLength }) => byteLength)).toEqual([
    2 * value.long.length,
    long("é").length,
  ]);
});

test("long texts that come back as they went are not sent back", async () => {
  const [here, there]: [string[], string[]] = [[], []];
  const got = await opened(cross(await packed(value, here, memory)), there, memory);
  const answer = cross(await packed({ ...got, long: long("new"), more: got.long }, there, memory));
  expect(answer.texts.map(({ byteLength }) => byteLength)).toEqual([long("new").length]);
  expect(await opened(answer, here, memory)).toEqual({ ...value, long: long("new"), more: value.long });
});

test("memory goes along with a text, and back with the answer", async () => {
  const [here, there] = [new SpareMemory(10 * LONG), new SpareMemory(10 * LONG)];
  const [texts, theirs]: [string[], string[]] = [[], []];
  const got = await opened(cross(await packed([long("é")], texts, here)), theirs, there, true);
  expect([here.bytes, there.bytes]).toEqual([0, LONG]);
  const answer = { ...(await packed({ got, more: "b".repeat(LONG) }, theirs, there)), spare: there.takeAll() };
  expect(await opened(cross(answer), texts, here)).toEqual({ got: [long("é")], more: "b".repeat(LONG) });
  expect([here.bytes, there.bytes]).toEqual([LONG, 0]);
});

test("the loop turns while long texts are copied, and while they are read", async () => {
  let turns = 0;
  const count = () => {
    turns++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const parcel = await packed([long("a"), "b".repeat(4_000_000)], [], memory);
  expect(turns).toBeGreaterThanOrEqual(4);
  turns = 0;
  await opened(parcel, [], memory);
  expect(turns).toBeGreaterThanOrEqual(2);
  clearImmediate(next);
});

test("whatever JSON can say goes as it is", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (json) => {
      expect(await opened(cross(await packed(json, [], memory)), [], memory)).toEqual(json);
      expect(await opened(whole(json), [], memory)).toBe(json);
    }),
  );
});
