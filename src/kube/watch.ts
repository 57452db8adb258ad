import type { WatchEvent } from "./api.ts";
import { ApiError } from "./errors.ts";

/**
 * The events in a watch's body: one JSON object a line. A last line without its newline was cut off and is dropped,
 * even if it happens to parse: a resumed watch brings it again.
 */
export async function* watchLines<T>(body: AsyncIterable<Uint8Array>, tried: string): AsyncGenerator<WatchEvent<T>> {
  const decoder = new TextDecoder();
  let cut: string[] = [];
  for await (const chunk of body) {
    const pieces = decoder.decode(chunk, { stream: true }).split("\n");
    const rest = pieces.pop() ?? "";
    for (const piece of pieces) {
      const line = cut.length === 0 ? piece : cut.join("") + piece;
      cut = [];
      if (line.trim() !== "") yield parse(line, tried);
    }
    // Pieces of a long line are kept apart until its end: joining them at each chunk would copy it each time.
    if (rest !== "") cut.push(rest);
  }
}

function parse<T>(line: string, tried: string): WatchEvent<T> {
  try {
    return JSON.parse(line) as WatchEvent<T>;
  } catch (error) {
    const message = `${tried}: a line of ${line.length} characters is not JSON`;
    throw new ApiError({ message, status: 0, reason: "Garbled", cause: error });
  }
}
