import type { Log } from "../../kube/log.ts";
import type { Store } from "./port.ts";
import { migratePostgres } from "./postgres/migrate.ts";
import { openPostgres } from "./postgres/open.ts";
import { openSqlite } from "./sqlite/open.ts";

export type StoreConfig =
  | { readonly kind: "sqlite"; readonly folder: string; readonly secret: Uint8Array; readonly log?: Log }
  | {
      readonly kind: "postgres";
      readonly url: string;
      /** Of the role that owns the tables; the same as `url` where one role does it all. */
      readonly ownerUrl: string;
      readonly connections?: number;
      readonly secret: Uint8Array;
      readonly log?: Log;
    };

/** Opens the store that an installation is configured with, its tables brought up to date. */
export async function openStore(config: StoreConfig): Promise<Store> {
  if (config.kind === "sqlite") return await openSqlite(config);
  const { url, ownerUrl, log } = config;
  const appRole = url === ownerUrl ? undefined : decodeURIComponent(new URL(url).username);
  await migratePostgres({ url: ownerUrl, appRole, log });
  return await openPostgres(config);
}
