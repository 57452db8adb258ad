/** `node writing-sqlite.ts FOLDER`: stores one interaction after the other until it is killed; a line for each answer. */
import { openSqlite } from "../sqlite/open.ts";
import { idAt, interaction, NOW } from "./sample.ts";

const [folder = ""] = process.argv.slice(2);
const store = await openSqlite({ folder, secret: Buffer.alloc(32, 7) });
for (;;) {
  const id = idAt();
  await store.interactions.accept([interaction({ id })], NOW);
  process.stdout.write(`${id}\n`);
}
