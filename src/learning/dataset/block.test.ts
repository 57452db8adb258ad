import fc from "fast-check";
import { expect, test } from "vitest";
import { PLACE, writeBlock } from "./block.ts";
import type { Conversation } from "./example.ts";
import { TextBlockWriter } from "./text-block.ts";
import { type Words, wordsOf } from "./words.ts";

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

const listed = ({ hashes, count }: Words) => [...hashes.subarray(0, count)];

/** What a reader is told of a row. */
function told({ history, input, answer, reasoning }: Conversation, row: number): object[] {
  const one = (said: string, compared: boolean) => ({ row, words: listed(wordsOf(said)), compared });
  return [
    ...history.map(({ content }) => one(content, false)),
    one(input, true),
    one(answer, true),
    ...(reasoning === undefined ? [] : [one(reasoning, false)]),
  ];
}

test("a block is what JSON.stringify writes, and the words of its texts are told in order, however little memory it begins with", () => {
  const conversations = fc.array(conversation, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(conversations, fc.integer({ min: 0, max: 300 }), (all, bytes) => {
      const writer = new TextBlockWriter(new ArrayBuffer(bytes), []);
      for (const one of all) writer.add(one);
      const read: object[] = [];
      const block = writeBlock(writer.done(), new ArrayBuffer(bytes), {
        text: (row, words, compared) => void read.push({ row, words: listed(words), compared }),
      });
      all.forEach((one, row) => {
        const [start = 0, length = 0, reasoningAt = 0] = block.places.subarray(row * PLACE.size);
        const until = (end: number) => Buffer.from(block.bytes.subarray(start, start + end)).toString();
        expect(until(length)).toBe(written(one, true));
        expect(reasoningAt > 0).toBe(one.reasoning !== undefined);
        if (reasoningAt > 0) expect(`${until(reasoningAt)}}]`).toBe(written(one, false));
      });
      expect(read).toEqual(all.flatMap(told));
    }),
    { numRuns: 300 },
  );
});
