const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export interface JsonShape {
  readonly depth: number;
  /** Brackets opened, and values after a comma: about as many as there will be values in memory. */
  readonly nodes: number;
}

/** Looks through JSON text without parsing it; one pass, no memory. Of what is no JSON it says something, too. */
export function jsonShape(text: Uint8Array): JsonShape {
  let depth = 0;
  let deepest = 0;
  let nodes = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case QUOTE:
        for (at++; at < text.length && text[at] !== QUOTE; at++) if (text[at] === BACKSLASH) at++;
        break;
      case 0x5b: // [
      case 0x7b: // {
        nodes++;
        depth++;
        if (depth > deepest) deepest = depth;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      case 0x2c: // ,
        nodes++;
        break;
    }
  }
  return { depth: deepest, nodes };
}
