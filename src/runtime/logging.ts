import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger } from "pino";

/** Keys whose values are secrets wherever they stand. Two levels deep is as deep as our fields go. */
const SECRET_KEYS = ["token", "authorization", "password", "secret", "apiKey", "privateKey", "clientKeyData", "cookie"];

/** What a bearer token, an API key of ours or a JWT looks like inside a text, an error's message above all. */
const SECRET_TEXT = /\b(Bearer\s+)[\w.~+/=-]{8,}|\b(qil_[0-9a-z]+_)[\w-]+|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g;

/** JSON lines on stdout: time as RFC 3339, level as a word, and no secrets. */
export function createLogger(
  options: { level?: string; name?: string } = {},
  destination: DestinationStream = pino.destination(1),
): Logger {
  return pino(
    {
      level: options.level ?? "info",
      ...(options.name === undefined ? {} : { name: options.name }),
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: "[redacted]" },
      hooks: { streamWrite: (line) => line.replace(SECRET_TEXT, "$1$2[redacted]") },
    },
    destination,
  );
}

/** For tests, and for whoever has no log. */
export const silentLogger: Logger = pino({ level: "silent" });
