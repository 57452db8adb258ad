/**
 * The API's limits. Written out again, since loading its schemas would bring zod into the agent's process; a test holds
 * the two equal.
 */
export const MAX_FIELD = 1_048_576;
export const MAX_BATCH = 500;
export const MAX_REQUEST = 8_388_608;
export const MAX_HISTORY = 128;
export const MAX_CODE_BLOCKS = 64;
export const MAX_TOOL_USES = 256;
export const MAX_FACTS = 64;
export const MAX_FACT_KEY = 64;
export const MAX_FACT_TEXT = 4096;
export const MAX_COMMENT = 16_384;
export const MAX_PATH = 1024;
export const MAX_OPAQUE = 256;
export const MAX_MILLISECONDS = 7 * 86_400_000;
export const MAX_COUNT = 10_000_000;
export const LABEL = /^[A-Za-z0-9][A-Za-z0-9 ._:/@+#-]*$/;
export const MAX_LABEL = { language: 32, tool: 64, servedModel: 63, modelVersion: 253 } as const;
export const KINDS = ["command", "workflow", "prompt"] as const;
export const ROLES = ["system", "user", "assistant", "tool"] as const;
export const OUTCOMES = ["succeeded", "failed", "denied"] as const;
export const POINTS = ["30s", "2m", "5m", "10m", "commit"] as const;
