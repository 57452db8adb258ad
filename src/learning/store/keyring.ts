import type { KeyObject } from "node:crypto";
import type { Instant, InteractionFacts, Tenant } from "../model.ts";
import { masterKey, newDataKey, unwrapKey, wrapKey } from "./seal.ts";
import { bytes, text } from "./sql/columns.ts";
import type { Database, Session } from "./sql/database.ts";

/** Who a data key belongs to: the person, where one is named, else the API key by which it came. */
export interface Holder {
  readonly tenant: Tenant;
  readonly holder: string;
}

export function holderOf({
  tenant,
  subject,
  contributor,
}: Pick<InteractionFacts, "tenant" | "subject" | "contributor">) {
  return { tenant, holder: subject === undefined ? `contributor ${contributor}` : subjectHolder(subject) };
}

export function subjectHolder(subject: string): string {
  return `subject ${subject}`;
}

export function holderText({ tenant, holder }: Holder): string {
  return `${tenant} ${holder}`;
}

/** A destroyed key is forgotten by every process after this time; it never serves to write anything new, at once. */
const REMEMBERED_MS = 30_000;
const REMEMBERED = 10_000;

interface Remembered {
  readonly key: KeyObject;
  readonly until: Instant;
}

/** Data keys, one for each holder, wrapped by the master key in table `data_key`. */
export class Keyring {
  readonly #master: KeyObject;
  readonly #clock: () => Instant;
  readonly #remembered = new Map<string, Remembered>();

  constructor(secret: Uint8Array, clock: () => Instant) {
    this.#master = masterKey(secret);
    this.#clock = clock;
  }

  /** By `holderText`. Holders whose key was destroyed are not in it. */
  async keys(database: Database, holders: readonly Holder[]): Promise<ReadonlyMap<string, KeyObject>> {
    const found = new Map<string, KeyObject>();
    const missing = new Map<string, Holder>();
    for (const holder of holders) {
      const key = this.#recall(holderText(holder));
      if (key === undefined) missing.set(holderText(holder), holder);
      else found.set(holderText(holder), key);
    }
    if (missing.size > 0) await this.#read(database, database, [...missing.values()], found);
    return found;
  }

  /** The same, and makes those that never were. Safe with several processes: the first one's key is everybody's. */
  async keysToWrite(database: Database, holders: readonly Holder[]): Promise<ReadonlyMap<string, KeyObject>> {
    const found = new Map(await this.keys(database, holders));
    const missing = new Map(holders.map((holder) => [holderText(holder), holder]));
    for (const name of found.keys()) missing.delete(name);
    if (missing.size === 0) return found;
    const fresh = [...missing.entries()]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, holder]) => ({ ...holder, wrapped: wrapKey(this.#master, name, newDataKey()).toString("hex") }));
    await database.query(
      `INSERT INTO data_key (tenant, holder, wrapped)
       SELECT tenant, holder, wrapped FROM ${database.dialect.records(1, { tenant: "text", holder: "text", wrapped: "bytes" })} k
       WHERE true ON CONFLICT DO NOTHING`,
      JSON.stringify(fresh),
    );
    await this.#read(database, database, [...missing.values()], found);
    return found;
  }

  /** After a key was destroyed. */
  forget(holder: Holder): void {
    this.#remembered.delete(holderText(holder));
  }

  async #read(
    session: Session,
    { dialect }: Database,
    holders: readonly Holder[],
    found: Map<string, KeyObject>,
  ): Promise<void> {
    const rows = await session.query(
      `SELECT d.tenant, d.holder, d.wrapped FROM data_key d
       JOIN ${dialect.records(1, { tenant: "text", holder: "text" })} k ON k.tenant = d.tenant AND k.holder = d.holder
       WHERE d.wrapped IS NOT NULL`,
      JSON.stringify(holders),
    );
    for (const row of rows) {
      const name = holderText({ tenant: text(row, "tenant"), holder: text(row, "holder") });
      const key = unwrapKey(this.#master, name, bytes(row, "wrapped"));
      found.set(name, key);
      this.#remember(name, key);
    }
  }

  #recall(name: string): KeyObject | undefined {
    const entry = this.#remembered.get(name);
    if (entry === undefined || entry.until <= this.#clock()) return undefined;
    this.#remembered.delete(name);
    this.#remembered.set(name, entry);
    return entry.key;
  }

  #remember(name: string, key: KeyObject): void {
    this.#remembered.delete(name);
    const oldest = this.#remembered.keys().next().value;
    if (this.#remembered.size >= REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
    this.#remembered.set(name, { key, until: this.#clock() + REMEMBERED_MS });
  }
}

/** Waits for what is just being stored with it: that holds the row until it is. */
export async function destroyKey(session: Session, { tenant, holder }: Holder): Promise<void> {
  await session.query(
    `INSERT INTO data_key (tenant, holder, wrapped) VALUES ($1, $2, NULL)
     ON CONFLICT (tenant, holder) DO UPDATE SET wrapped = NULL WHERE data_key.wrapped IS NOT NULL`,
    tenant,
    holder,
  );
}
