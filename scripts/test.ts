import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureKubectl } from "../e2e/cluster/kubectl.ts";
import { cacheDir, kubeconfigPath } from "../e2e/cluster/paths.ts";
import { progress } from "../e2e/cluster/shell.ts";
import { ensureTool } from "../e2e/cluster/tools.ts";
import { up } from "../e2e/cluster/up.ts";
import { ensureImages } from "../e2e/harness/images.ts";
import { ensureServers } from "../e2e/harness/servers.ts";
import { check } from "./check.ts";
import { binaries } from "./test/binaries.ts";
import { add, NONE, type Totals, totalsLine, vitestTotals } from "./test/totals.ts";
import { testTrainer } from "./test/trainer.ts";
import { runVitest } from "./test/vitest.ts";

/**
 * Everything, with all its own set-up: static checks and unit tests, tests against real programs, the trainer's in its
 * own image, and the API contract and the scenarios on a real cluster. The last line has the totals of all runners.
 */
const reports = join(cacheDir, "reports");

async function main(): Promise<boolean> {
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  let totals: Totals = NONE;
  const stage = async (name: string, work: () => Promise<Totals>) => {
    const startedAt = Date.now();
    progress(`\n── ${name}`);
    let found: Totals;
    try {
      found = await work();
    } catch (error) {
      // A stage that could not run counts as a failure: its tests passed nowhere.
      console.error(error instanceof Error ? error.message : error);
      found = { ...NONE, failed: 1 };
    }
    totals = add(totals, found);
    progress(`── ${name}: ${Math.round((Date.now() - startedAt) / 1000)} s`);
  };

  progress("── types, lint, generated files, unit tests");
  const sound = await check(join(reports, "unit.json"));
  await stage("unit tests, counted", async () =>
    vitestTotals(JSON.parse(readFileSync(join(reports, "unit.json"), "utf8"))),
  );

  progress("\n── setting up: cluster, images");
  await up();
  const images = await ensureImages();
  const env = {
    ...(await binaries()),
    ...(await ensureServers()),
    QI_KUBECONFIG: kubeconfigPath,
    QI_KUBECTL: await ensureKubectl(),
    QI_HELM: await ensureTool("helm"),
    QI_IMAGES: JSON.stringify(images),
  };
  const vitest = (project: string) => runVitest(project, join(reports, `${project}.json`), env);
  // The trainer's tests use one core, the others mostly wait for servers.
  await Promise.all([
    stage("the trainer, in its image, beside the next three", () => testTrainer(images.trainer, env)),
    (async () => {
      await stage("with real programs: Ollama, S3", () => vitest("real"));
      await stage("the data plane on real servers: Postgres, Redis", () => vitest("servers"));
      await stage("the API server and our kinds", () => vitest("contract"));
    })(),
  ]);
  await stage("scenarios on a real cluster", () => vitest("scenarios"));

  console.log(totalsLine(totals));
  return sound && totals.failed === 0 && totals.skipped === 0 && totals.passed > 0;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.log(totalsLine({ ...NONE, failed: 1 }));
  process.exitCode = 1;
}
