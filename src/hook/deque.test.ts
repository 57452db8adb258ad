import fc from "fast-check";
import { expect, test } from "vitest";
import { Deque } from "./deque.ts";

test("a deque is an array, whatever is pushed and taken", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { nil: undefined }), { maxLength: 3000 }), (steps) => {
      const deque = new Deque<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step === undefined) expect(deque.shift()).toBe(model.shift());
        else {
          deque.push(step);
          model.push(step);
        }
        expect(deque.size).toBe(model.length);
        expect(deque.peek()).toBe(model[0]);
      }
      while (deque.size > 0) expect(deque.shift()).toBe(model.shift());
    }),
    { numRuns: 30 },
  );
});
