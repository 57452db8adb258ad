import type { When } from "./given.ts";

/** Thrown where a required part does not fit; one for all, since making an Error costs a stack trace. */
export class Unfit extends Error {
  readonly reason: "invalid" | "tooLarge";

  constructor(reason: "invalid" | "tooLarge") {
    super(reason);
    this.reason = reason;
  }
}
export const INVALID = new Unfit("invalid");
export const TOO_LARGE = new Unfit("tooLarge");

/** What a part takes in memory beside its text. */
const PART_BYTES = 64;

/**
 * Takes over what was handed over, part by part: strings as they are (they cannot change), everything else as a copy of
 * bounded size. Required parts that do not fit throw, optional ones are left out and counted.
 */
export class Copy {
  /** UTF-16 units of text so far. */
  units = 0;
  parts = 0;
  leftOut = 0;

  get bytes(): number {
    return 2 * this.units + PART_BYTES * this.parts;
  }

  /** A required text. */
  text(value: unknown, longest: number, shortest = 0): string {
    if (typeof value !== "string" || value.length < shortest) throw INVALID;
    if (value.length > longest) throw TOO_LARGE;
    this.#count(value);
    return value;
  }

  /** An optional text. */
  maybe(value: unknown, longest: number, pattern?: RegExp): string | undefined {
    if (value === undefined) return undefined;
    if (typeof value !== "string" || value.length > longest || pattern?.test(value) === false) return this.left();
    this.#count(value);
    return value;
  }

  /** An optional whole number; what timers and averages make is rounded. */
  whole(value: unknown, greatest: number): number | undefined {
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !(value >= 0 && value <= greatest)) return this.left();
    return Math.round(value);
  }

  choice<T extends string>(value: unknown, choices: readonly T[]): T | undefined {
    return choices.find((choice) => choice === value);
  }

  when(value: When | undefined, now: number): string {
    if (value === undefined) return new Date(now).toISOString();
    const ms = typeof value === "string" ? Date.parse(value.slice(0, 64)) : Number(value);
    const date = new Date(ms);
    if (Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1970 || date.getUTCFullYear() > 9999) {
      this.leftOut += 1;
      return new Date(now).toISOString();
    }
    return date.toISOString();
  }

  left(): undefined {
    this.leftOut += 1;
    return undefined;
  }

  #count(value: string): void {
    this.units += value.length;
    this.parts += 1;
  }
}

/** A field of what may be anything at all. */
export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** What should be an object of this type, as one whose fields may all be missing. Faster than `field`. */
export function partly<T extends object>(value: T | undefined): Partial<T> {
  return typeof value === "object" && value !== null ? value : {};
}
