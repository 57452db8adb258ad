import fc from "fast-check";
import { expect, test } from "vitest";
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

/** As it would be on the other side. */
const cross = <T>(parcel: Parcel<T>): Parcel<T> => structuredClone(parcel, { transfer: memoryOf(parcel) });

test("what is opened is what was packed, lone surrogates and all", async () => {
  expect(await opened(cross(await packed(value, [])), [])).toEqual(value);
  expect(await opened(cross(await packed(value, [])), [], true)).toEqual(value);
});

test("a text that stands in it twice goes once", async () => {
  expect((await packed(value, [])).texts.map(({ byteLength }) => byteLength)).toEqual([
    2 * value.long.length,
    long("é").length,
  ]);
});

test("long texts that come back as they went are not sent back", async () => {
  const [here, there]: [string[], string[]] = [[], []];
  const got = await opened(cross(await packed(value, here)), there);
  const answer = cross(await packed({ ...got, long: long("new"), more: got.long }, there));
  expect(answer.texts.map(({ byteLength }) => byteLength)).toEqual([long("new").length]);
  expect(await opened(answer, here)).toEqual({ ...value, long: long("new"), more: value.long });
});

test("the loop turns while long texts are copied, and while they are read", async () => {
  let turns = 0;
  const count = () => {
    turns++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const parcel = await packed([long("a"), "b".repeat(4_000_000)], []);
  expect(turns).toBeGreaterThanOrEqual(4);
  turns = 0;
  await opened(parcel, []);
  expect(turns).toBeGreaterThanOrEqual(2);
  clearImmediate(next);
});

test("whatever JSON can say goes as it is", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (json) => {
      expect(await opened(cross(await packed(json, [])), [])).toEqual(json);
      expect(await opened(whole(json), [])).toBe(json);
    }),
  );
});
