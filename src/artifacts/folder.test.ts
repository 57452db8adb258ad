import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { folderStore } from "./folder.ts";
import { artifactStoreConformance } from "./testing/conformance.ts";

artifactStoreConformance("a folder", async (dir) => ({
  store: folderStore(dir),
  damage: (uri, bytes) => writeFile(fileURLToPath(uri), bytes),
  async [Symbol.asyncDispose]() {},
}));
