/** What the data plane must know and may never show: taken out of the environment, so that nothing prints it later. */
export interface LearningSecrets {
  /** 32 random bytes: seals what is stored, keys its hashes. */
  readonly master: Uint8Array;
  /** The first API key, which makes all others. */
  readonly adminKey: string | undefined;
  readonly databaseUrl: string | undefined;
  /** For migrations, where the database's owner is another than its user. */
  readonly ownerUrl: string | undefined;
  readonly queueUrl: string | undefined;
  readonly cacheUrl: string | undefined;
}

/** Thrown before anything is started. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly code = "ConfigurationError";
}

/** Reads the secrets and removes them from `env`. */
export function takeSecrets(env: NodeJS.ProcessEnv): LearningSecrets {
  const take = (name: string) => {
    const value = env[name];
    delete env[name];
    return value === undefined || value === "" ? undefined : value;
  };
  return {
    master: masterFrom(take("QI_LEARNING_SECRET")),
    adminKey: take("QI_ADMIN_KEY"),
    databaseUrl: take("QI_DATABASE_URL"),
    ownerUrl: take("QI_DATABASE_OWNER_URL"),
    queueUrl: take("QI_QUEUE_REDIS_URL"),
    cacheUrl: take("QI_CACHE_REDIS_URL"),
  };
}

function masterFrom(text: string | undefined): Uint8Array {
  if (text === undefined)
    throw new ConfigurationError(
      "QI_LEARNING_SECRET is not set: it takes 32 random bytes in base64 (openssl rand -base64 32).",
    );
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 32)
    throw new ConfigurationError(
      `QI_LEARNING_SECRET holds ${bytes.length} bytes: it takes exactly 32, in base64 (openssl rand -base64 32).`,
    );
  return bytes;
}

/** The value, or an error that says what asks for it. */
export function needed(value: string | undefined, name: string, why: string): string {
  if (value === undefined) throw new ConfigurationError(`${name} is not set: ${why}`);
  return value;
}
