import type { Target } from "../../e2e/harness/target.ts";

/** Shows what `kubectl get tr,mv` says, whenever it says something new, until `work` is done. Ages are left out: they always do. */
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
    const [header = "", ...rows] = stdout.trimEnd().split("\n");
    const news = rows.filter((row) => {
      const [name = ""] = row.split(/\s/);
      const text = row.replace(/\s+\S+\s*$/, "");
      const isNews = shown.get(`${kind}/${name}`) !== text;
      shown.set(`${kind}/${name}`, text);
      return isNews;
    });
    if (news.length === 0) continue;
    if (shown.get("header") !== kind) console.log(`\n${header}`);
    shown.set("header", kind);
    for (const row of news) console.log(row);
  }
}
