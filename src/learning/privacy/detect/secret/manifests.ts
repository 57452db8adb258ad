import type { Detector } from "../scan.ts";

const SECRET_KIND = /(?:^|\n)[ \t]{0,8}["']?kind["']?[ \t]{0,4}:[ \t]{0,4}["']?secret["']?[ \t]{0,4}(?:\n|,|$)/i;
const DATA = /(?:^|\n)([ \t]{0,8})["']?(?:data|stringData)["']?[ \t]{0,4}:[ \t]{0,4}\{?[ \t]{0,4}\n/g;
const ENTRY =
  /([ \t]{1,40})["']?([\w.-]{1,253})["']?[ \t]{0,4}:[ \t]{0,4}["']?([^\s"'#][^\s"']{0,65536})["']?,?[ \t]{0,8}(?:\n|$)/y;

const MOST_AROUND = 16_384;

/** The data of Kubernetes' Secrets: whatever an entry is called, its value is secret. */
export const manifests: Detector = ({ text, report }) => {
  if (!text.includes("ecret") || !SECRET_KIND.test(text)) return;
  let judged = -1;
  let secret = false;
  for (const data of text.matchAll(DATA)) {
    // Documents are judged once, and no further back than one can reach.
    if (data.index >= judged) {
      const [start, end] = documentAround(text, data.index);
      secret = SECRET_KIND.test(text.slice(start, end));
      judged = end;
    }
    if (!secret) continue;
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
function documentAround(text: string, at: number): [start: number, end: number] {
  const from = Math.max(0, at - MOST_AROUND);
  const start = text.slice(from, at).lastIndexOf("\n---");
  const end = text.slice(at, at + MOST_AROUND).indexOf("\n---");
  return [from + Math.max(0, start), end < 0 ? at + MOST_AROUND : at + end];
}
