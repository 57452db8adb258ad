import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// unit needs nothing; real needs programs of others (QI_*_BINARY); servers needs a docker daemon and images (DOCKER_HOST,
// QI_POSTGRES_IMAGE, QI_REDIS_IMAGE); contract and scenarios need a cluster (QI_KUBECONFIG).
// `npm test` provides all of it; a test that lacks something fails and says so.
export default defineConfig({
  test: {
    // One more than there are cores: many tests wait for a clock or a server.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        test: {
          name: "unit",
          // A module is loaded once for each worker and not once for each file: a third less work. Tests leave no global
          // state behind, so that they also pass in any order.
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 30_000,
          include: ["src/**/*.test.ts", "controllers/**/*.test.ts", "scripts/**/*.test.ts", "e2e/cluster/**/*.test.ts"],
          exclude: ["**/*.real.test.ts", "**/*.servers.test.ts"],
        },
      },
      { test: { name: "real", include: ["src/**/*.real.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 } },
      {
        test: {
          name: "servers",
          include: ["src/**/*.servers.test.ts", "e2e/data-plane/**/*.servers.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      { test: { name: "contract", include: ["e2e/contract/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 120_000 } },
      {
        test: {
          name: "scenarios",
          include: ["e2e/scenarios/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
