import fc from "fast-check";
import { describe, expect, it } from "vitest";

interface Segment {
  readonly kind: "text" | "mark" | "placeholder";
  readonly text: string;
  readonly length: number;
}
interface TextModule {
  segments(text: string, placeholders: ReadonlySet<string>): Iterable<Segment>;
  cutAt(text: string, start: number, length: number): number;
}
interface WindowModule {
  rowsInView(view: Record<string, number>): { first: number; last: number };
  scrollFor(view: Record<string, number>): number;
}
const load = (name: string) => import(new URL(`./page/${name}`, import.meta.url).href);
const { segments, cutAt } = (await load("text.js")) as TextModule;
const { rowsInView, scrollFor } = (await load("window.js")) as WindowModule;

const shown = (text: string, ...placeholders: string[]) =>
  [...segments(text, new Set(placeholders))].map((segment) => `${segment.kind}:${segment.text}`);

const HIDDEN = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]|[\u200b-\u200d\u2060-\u2064\ufeff]/u;
const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom("a", " ", "\n", "\r", "<", ">", "EMAIL_1", "<EMAIL_1>", "\u202e", "\u200b", "\u001b[31m", "😀"),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
  maxLength: 60,
});

describe("text as a reviewer sees it", () => {
  it("names what turns it around, hides or rings", () => {
    expect(shown("a\u202eb")).toEqual(["text:a", "mark:U+202E", "text:b"]);
    expect(shown("a\u200b\u200b\u200bb")).toEqual(["text:a", "mark:U+200B×3", "text:b"]);
    expect(shown("\u001b[31mred\u0007")).toEqual(["mark:␛", "text:[31mred", "mark:␇"]);
    expect(shown("a\u{e0041}")).toEqual(["text:a", "mark:U+E0041"]);
  });

  it("leaves an emoji its variation, and names variations that carry something else", () => {
    expect(shown("❤\ufe0f")).toEqual(["text:❤\ufe0f"]);
    expect(shown("❤\ufe0f\ufe01\ufe02")).toEqual(["text:❤\ufe0f", "mark:U+FE01", "mark:U+FE02"]);
  });

  it("keeps ordinary ends of lines and tabs, and names a carriage return that would write over the line", () => {
    expect(shown("a\r\nb\tc\n")).toEqual(["text:a\r\nb\tc\n"]);
    expect(shown("a\rb")).toEqual(["text:a", "mark:␍", "text:b"]);
  });

  it("shows only placeholders of ours as such", () => {
    expect(shown("<EMAIL_1> <EMAIL_2>", "EMAIL_1")).toEqual(["placeholder:<EMAIL_1>", "text: <EMAIL_2>"]);
    expect(shown("<img src=x onerror=alert(1)>", "EMAIL_1")).toEqual(["text:<img src=x onerror=alert(1)>"]);
  });

  it("loses nothing, and hides nothing in what it passes through", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const all = [...segments(text, new Set(["EMAIL_1"]))];
        expect(all.reduce((sum, { length }) => sum + length, 0)).toBe(text.length);
        let at = 0;
        for (const { kind, text: part, length } of all) {
          if (kind !== "mark") expect(part).toBe(text.slice(at, at + length));
          if (kind === "text") expect(part.replaceAll("\r\n", "\n")).not.toMatch(HIDDEN);
          at += length;
        }
      }),
    );
  });

  it("is cut into pieces that go forward and never through a character", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 2, max: 10 }), (text, length) => {
        for (let at = 0; at < text.length; ) {
          const end = cutAt(text, at, length);
          expect(end).toBeGreaterThan(at);
          expect(end - at).toBeLessThanOrEqual(length);
          expect(/[\ud800-\udbff]$/.test(text.slice(at, end)) && /^[\udc00-\udfff]/.test(text.slice(end))).toBe(false);
          at = end;
        }
      }),
    );
  });
});

describe("the window on a long list", () => {
  const view = { rowHeight: 62, height: 620, around: 6 };

  it("is small wherever it stands", () => {
    fc.assert(
      fc.property(fc.nat(700_000), fc.nat(10_000), (scrollTop, count) => {
        const { first, last } = rowsInView({ ...view, scrollTop, count });
        expect(first).toBeGreaterThanOrEqual(0);
        expect(last).toBeLessThanOrEqual(Math.max(count, first));
        expect(last - first).toBeLessThanOrEqual(10 + 1 + 2 * view.around);
      }),
    );
  });

  it("moves no more than it must to show a row", () => {
    expect(scrollFor({ ...view, index: 3, scrollTop: 0 })).toBe(0);
    expect(scrollFor({ ...view, index: 10, scrollTop: 0 })).toBe(62);
    expect(scrollFor({ ...view, index: 2, scrollTop: 620 })).toBe(124);
  });
});
