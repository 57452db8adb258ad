import type { Detector } from "../scan.ts";

const SECRET_KIND = /(?:^|\n)[ \t]{0,8}["']?kind["']?[ \t]{0,4}:[ \t]{0,4}["']?secret["']?[ \t]{0,4}(?:\n|,|$)/i;
const DATA = /(?:^|\n)([ \t]{0,8})["']?(?:data|stringData)["']?[ \t]{0,4}:[ \t]{0,4}\{?[ \t]{0,4}\n/g;
const ENTRY =
  /([ \t]{1,40})["']?([\w.-]{1,253})["']?[ \t]{0,4}:[ \t]{0,4}["']?([^\s"'#][^\s"']{0,65536})["']?,?[ \t]{0,8}(?:\n|$)/y;

const MOST_AROUND = 16_384;

/** The data of Kubernetes' Secrets: whatever an entry is called, its value is secret. */
export const manifests: Detector = ({ text, report }) => {
  if (!text.includes("ecret") || !SECRET_KIND.test(text)) return;
  for (const data of text.matchAll(DATA)) {
    if (!SECRET_KIND.test(documentAround(text, data.index))) continue;
    const indent = data[1]?.length ?? 0;
    let at = data.index + data[0].length;
    for (;;) {
      ENTRY.lastIndex = at;
      const entry = ENTRY.exec(text);
      if (entry === null || (entry[1]?.length ?? 0) <= indent) break;
      const value = entry[3] ?? "";
      const start = at + entry[0].lastIndexOf(value);
      if (value.length >= 4 && !/^[<$|>{&*!]|^\{\{/.test(value)) report(start, start + value.length, "SECRET");
      at += entry[0].length;
    }
  }
};

/** One document of a stream of YAML. */
function documentAround(text: string, at: number): string {
  const start = text.lastIndexOf("\n---", at);
  const end = text.indexOf("\n---", at);
  return text.slice(Math.max(start, at - MOST_AROUND), Math.min(end < 0 ? text.length : end, at + MOST_AROUND));
}
