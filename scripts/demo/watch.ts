import type { Target } from "../../e2e/harness/target.ts";

/** Columns keep their width from one row to the next, whatever they hold: kubectl's own -w does the same. */
const WIDTH: Readonly<Record<string, number>> = { NAME: 18, REASON: 20, EXPECTED: 22 };

/**
 * Shows what `kubectl get tr,mv` says, whenever it says something new, until `work` is done. Ages are left out: they
 * always do.
 */
export async function watch<T>(on: Target, namespace: string, work: () => Promise<T>): Promise<T> {
  const shown = new Map<string, string>();
  let done = false;
  const watching = (async () => {
    while (!done) {
      await show(on, namespace, shown);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    await show(on, namespace, shown);
  })();
  try {
    return await work();
  } finally {
    done = true;
    await watching;
  }
}

async function show(on: Target, namespace: string, shown: Map<string, string>): Promise<void> {
  for (const kind of ["tr", "mv"]) {
    const { code, stdout } = await on.tryKubectl(["get", kind, "--namespace", namespace]);
    if (code !== 0) continue;
    const [header = [], ...rows] = stdout.trimEnd().split("\n").map(cells);
    const news = rows
      .map((row) => row.slice(0, -1))
      .filter(([name = "", ...rest]) => {
        const isNews = shown.get(`${kind}/${name}`) !== rest.join(" ");
        shown.set(`${kind}/${name}`, rest.join(" "));
        return isNews;
      });
    if (news.length === 0) continue;
    if (shown.get("header") !== kind) console.log(`\n${line(header, header)}`);
    shown.set("header", kind);
    for (const row of news) console.log(line(row, header));
  }
}

function cells(row: string): string[] {
  return row.trim().split(/\s{2,}/);
}

function line(row: readonly string[], header: readonly string[]): string {
  const last = header.length - 1;
  const padded = row.slice(0, last).map((cell, index) => cell.padEnd(WIDTH[header[index] ?? ""] ?? 11));
  return padded.join(" ").trimEnd();
}
