/** Continue logs a chat as `<role>\ncontent\n\n`, one after the other; a model with a template of its own, as that. */
const ROLES = ["system", "user", "assistant", "tool"] as const;
const START = /^<(system|user|assistant|tool|thinking)>\n/;
const TURN = /(?:^|\n\n)<(system|user|assistant|tool|thinking)>\n/g;

export interface Turn {
  readonly role: (typeof ROLES)[number];
  readonly content: string;
}

/** The last thing the user said, and what came before it. */
export function questionOf(prompt: string): { readonly input: string; readonly history: readonly Turn[] } {
  if (!START.test(prompt)) return { input: prompt, history: [] };
  const marks = [...prompt.matchAll(TURN)];
  const turns = marks.flatMap((mark, at): Turn[] => {
    const role = ROLES.find((known) => known === mark[1]);
    const content = prompt.slice(mark.index + mark[0].length, marks[at + 1]?.index).replace(/\n\n$/, "");
    return role === undefined ? [] : [{ role, content }];
  });
  const last = turns.findLastIndex(({ role }) => role === "user");
  return { input: turns[last]?.content ?? "", history: turns.slice(0, Math.max(0, last)) };
}

/** What the model said. Continue marks every chunk of a stream as if it were a message. */
export function answerOf(completion: string): string {
  const mark = "<assistant>\n";
  if (!completion.startsWith(mark)) return completion;
  return completion.slice(mark.length).replace(/\n\n$/, "").split(`\n\n${mark}`).join("");
}
