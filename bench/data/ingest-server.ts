import type { PrivacyFilter } from "../../src/learning/privacy/port.ts";
import { startApi } from "../../src/processes/api.ts";
import { readLearningConfig } from "../../src/processes/config.ts";
import { stopped } from "../../src/processes/learning.ts";
import { openParts } from "../../src/processes/parts.ts";
import { takeSecrets } from "../../src/processes/secrets.ts";
import { createLogger } from "../../src/runtime/logging.ts";

/** The learning API without its redaction: what redaction costs is the difference. Argument: the configuration file. */
const plain: PrivacyFilter = {
  filter: async (requests) =>
    requests.map(({ body }) => ({ ok: true, body, counts: {}, placeholders: {}, syntax: [] })),
  close: async () => {},
};

const config = readLearningConfig(process.argv[2] ?? "");
const secrets = takeSecrets(process.env);
const log = createLogger({ level: "warn", name: "ingest-server" });
const parts = await openParts({ config, secrets, env: process.env, log, filter: plain });
await startApi(parts, {
  host: "127.0.0.1",
  port: Number(process.argv[3]),
  cookie: "secure",
  adminKey: secrets.adminKey,
});
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
await stopped(stop.signal);
process.exit(0);
