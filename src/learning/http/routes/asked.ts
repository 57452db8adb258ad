import type { FastifyRequest } from "fastify";
import { ApiProblem } from "../errors.ts";
import type { Principal } from "../principal.ts";

/** Who asks; the guard has made sure that somebody does. */
export function principalOf({ principal }: FastifyRequest): Principal {
  if (principal === undefined) throw new ApiProblem("Unauthenticated");
  return principal;
}

export const iso = (instant: number) => new Date(instant).toISOString();

/** A UUIDv7 of now (RFC 9562, 5.7). */
export function newId(now: number, random: (size: number) => Uint8Array): string {
  const bytes = Buffer.from(random(16));
  bytes.writeUIntBE(now, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
