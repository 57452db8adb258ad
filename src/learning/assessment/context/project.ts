import { SCORING } from "../../../domain/quality/numbers.ts";
import { family, familyOfPath } from "./languages.ts";
import type { ContextSubject } from "./subject.ts";

/** Share of the code that is in a language of the project, its open files, or the question; undefined: none is known. */
export function language({ content: { code }, facts, question }: ContextSubject): number | undefined {
  const home = new Set<string>();
  for (const text of [...facts, ...(question.match(PATHS) ?? [])])
    for (const word of text.match(/[\w.+#/-]+/g) ?? []) {
      const known = family(word) ?? familyOfPath(word);
      if (known !== undefined) home.add(known);
    }
  if (home.size === 0) return undefined;
  const families = code.flatMap((block) => family(block.language) ?? []);
  if (families.length === 0) return undefined;
  return families.filter((one) => home.has(one)).length / families.length;
}

const PATHS = /[\w./-]{1,120}\.\w{1,8}\b/g;

/** Whether files are named as their language has it, and where the project has such files. */
export function paths({ content: { code }, facts, question }: ContextSubject): number | undefined {
  const known = `${facts.join("\n")}\n${question}`;
  const values = code.flatMap(({ path, language: fence, before }) => {
    if (path === undefined) return [];
    const [told, named] = [family(fence), familyOfPath(path)];
    if (told !== undefined && named !== undefined && told !== named) return [0];
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    return before !== undefined || known.includes(path) || (folder !== "" && known.includes(folder))
      ? [1]
      : [SCORING.context.unknownPath];
  });
  return average(values);
}

/** Whether new code is written as what stood there: indentation, quotes, semicolons, names. */
export function style({ content: { code } }: ContextSubject): number | undefined {
  const most = SCORING.context.mostCharacters;
  const values = code.flatMap(({ before, after }) => {
    if (before === undefined) return [];
    const [was, is] = [habits(before.slice(0, most)), habits(after.slice(0, most))];
    return was.flatMap((habit, index) => {
      const now = is[index];
      return habit === undefined || now === undefined ? [] : [Number(habit === now)];
    });
  });
  return average(values);
}

/** Each true, false, or undefined where nothing shows it. */
function habits(code: string): readonly (boolean | undefined)[] {
  const more = (a: RegExp, b: RegExp) => {
    const [left, right] = [count(code, a), count(code, b)];
    return left === right ? undefined : left > right;
  };
  return [
    more(/^\t/gm, /^ {2}/gm),
    more(/"/g, /'/g),
    more(/;$/gm, /[\w)\]"']$/gm),
    more(/\b[a-z]+_[a-z]/g, /\b[a-z]+[A-Z][a-z]/g),
  ];
}

/** Placeholders that neither question nor context hold were made up by the model. */
export function placeholders({ content, question, answer, facts }: ContextSubject): number | undefined {
  const used = new Set(answer.match(PLACEHOLDER));
  if (used.size === 0) return undefined;
  const given = [
    question,
    ...facts,
    ...content.history.map((message) => message.content),
    ...content.code.map(({ before }) => before ?? ""),
    ...Object.values(content.context?.environment ?? {}).map(String),
  ];
  return [...used].filter((one) => given.some((text) => text.includes(one))).length / used.size;
}

const PLACEHOLDER = /<[A-Z][A-Z0-9_-]{0,40}_\d{1,6}>/g;

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

function average(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
