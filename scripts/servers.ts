import { ensureServers } from "../e2e/harness/servers.ts";

/** Prints what tests of the data plane need in their environment: `eval "$(npm run --silent servers)"`. */
for (const [name, value] of Object.entries(await ensureServers())) console.log(`export ${name}='${value}'`);
