import { UnreadableExport } from "./span.ts";

/** A field of a protobuf message: its number, and its value as its wire type has it. */
export type Field =
  | { readonly number: number; readonly type: "varint"; readonly value: bigint }
  | { readonly number: number; readonly type: "fixed64"; readonly value: DataView }
  | { readonly number: number; readonly type: "bytes"; readonly value: Uint8Array }
  | { readonly number: number; readonly type: "fixed32" };

/** Fields and messages of one body: empty messages take two bytes there, and far more in memory. */
export class FieldBudget {
  #left: number;

  constructor(fields: number) {
    this.#left = fields;
  }

  spend(): void {
    this.#left -= 1;
    if (this.#left < 0) throw new UnreadableExport("the body has too many fields");
  }
}

/** The fields of a message, as they come (protobuf.dev, Encoding). Of groups, which proto3 has not, it wants to know nothing. */
export function* fieldsOf(message: Uint8Array, budget: FieldBudget): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw new UnreadableExport("the body ends in the middle of a field");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new UnreadableExport("the body has a number of more than 64 bits");
  };
  const take = (length: number): Uint8Array => {
    if (length > message.length - at) throw new UnreadableExport("the body ends in the middle of a field");
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    budget.spend();
    const tag = Number(varint());
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { number, type: "varint", value: varint() };
        break;
      case 1: {
        const bytes = take(8);
        yield { number, type: "fixed64", value: new DataView(bytes.buffer, bytes.byteOffset, 8) };
        break;
      }
      case 2:
        yield { number, type: "bytes", value: take(Number(varint())) };
        break;
      case 5:
        take(4);
        yield { number, type: "fixed32" };
        break;
      default:
        throw new UnreadableExport("the body is not protobuf");
    }
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

export function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new UnreadableExport("the body has text that is not UTF-8");
  }
}

/** A message of fields 1 (varint) and 2 (text): all that is ever answered. */
export function encodeCountAndText(count: number, text: string): Uint8Array {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x08, ...varintOf(count), 0x12, ...varintOf(bytes.length)]), bytes]);
}

/** One field of bytes. */
export function encodeBytes(number: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([number * 8 + 2, ...varintOf(bytes.length)]), bytes]);
}

function varintOf(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}
