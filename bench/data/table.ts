import { cpus, totalmem } from "node:os";

/** Prints a Markdown table under its title, and the machine it was measured on. */
export function printTable(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  console.log(`\n${title}\n`);
  console.log([line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n"));
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  console.log(`\n${cpus().length} × ${cpu?.model ?? "unknown"}, ${memory} GiB, Node ${process.versions.node}\n`);
}

/** By the nearest rank. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}
