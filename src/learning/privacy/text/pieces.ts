/** Units of a text as the engine holds them: of one byte each where that is enough for all of them. */
export type Units = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/**
 * In units. A string that Buffer makes longer than this lies outside the engine's heap, where charCodeAt takes five times
 * as long: longer texts are made of pieces.
 */
export const LONGEST_PIECE = 1_000_000;

export const encodingOf = (units: Units) => (units instanceof Uint8Array ? "latin1" : "utf16le");

/** Strings that make up the text, each within the engine's heap. */
export function* piecesOf(units: Units): Generator<string> {
  for (let at = 0; at < units.length; at += LONGEST_PIECE) {
    const piece = units.subarray(at, at + LONGEST_PIECE);
    yield Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString(encodingOf(units));
  }
}

/** The text, within the engine's heap however long it is. */
export function textOf(units: Units): string {
  return [...piecesOf(units)].join("");
}
