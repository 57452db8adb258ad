import fc from "fast-check";
import { expect, test } from "vitest";
import { PLACE, SPAN, writeBlock } from "./block.ts";
import type { Conversation } from "./example.ts";
import { TextBlockWriter } from "./text-block.ts";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constantFrom('"', "\\", "\n", "\0", "\x1f", "\x7f", "\u2028", "\ud800", "a\udfff", "é", "漢", "🎉", ""),
  fc.string({ unit: fc.constantFrom("\x01", '"', "\\", "a") }),
);
const conversation: fc.Arbitrary<Conversation> = fc.record({
  history: fc.array(fc.record({ role: fc.constantFrom("system", "user", "assistant", "tool"), content: text }), {
    maxLength: 3,
  }),
  input: text,
  answer: text,
  reasoning: fc.option(text, { nil: undefined }),
});

/** As JSON.stringify writes it, for which half surrogate pairs are made whole first. */
function written({ history, input, answer, reasoning }: Conversation, thinking: boolean): string {
  const messages = [
    ...history.map(({ role, content }) => ({ role, content: content.toWellFormed() })),
    { role: "user", content: input.toWellFormed() },
    {
      role: "assistant",
      content: answer.toWellFormed(),
      ...(thinking && reasoning !== undefined && { reasoning_content: reasoning.toWellFormed() }),
    },
  ];
  return JSON.stringify(messages);
}

test("a block is what JSON.stringify writes, with its texts where the spans say, however little memory it begins with", () => {
  fc.assert(
    fc.property(
      fc.array(conversation, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 0, max: 300 }),
      (all, bytes) => {
        const writer = new TextBlockWriter(new ArrayBuffer(bytes), []);
        for (const one of all) writer.add(one);
        const block = writeBlock(writer.done(), new ArrayBuffer(bytes));
        const at = (from: number, to: number) => Buffer.from(block.bytes.subarray(from, to)).toString();
        all.forEach((one, row) => {
          const [start = 0, length = 0, reasoningAt = 0] = block.places.subarray(row * PLACE.size);
          expect(at(start, start + length)).toBe(written(one, true));
          expect(reasoningAt > 0).toBe(one.reasoning !== undefined);
          if (reasoningAt > 0) expect(`${at(start, start + reasoningAt)}}]`).toBe(written(one, false));
        });
        const spans = Array.from({ length: block.spans.length / SPAN }, (_, index) => {
          const [row = 0, start = 0, end = 0, compared = 0] = block.spans.subarray(index * SPAN);
          return { row, text: JSON.parse(`"${at(start, end)}"`), compared };
        });
        expect(spans).toEqual(
          all.flatMap(({ history, input, answer, reasoning }, row) => [
            ...history.map(({ content }) => ({ row, text: content.toWellFormed(), compared: 0 })),
            { row, text: input.toWellFormed(), compared: 1 },
            { row, text: answer.toWellFormed(), compared: 1 },
            ...(reasoning === undefined ? [] : [{ row, text: reasoning.toWellFormed(), compared: 0 }]),
          ]),
        );
      },
    ),
    { numRuns: 300 },
  );
});
