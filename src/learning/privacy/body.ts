import type { Feedback } from "../../api/learning/feedback.ts";
import type { CodeBlock, Context, Interaction } from "../../api/learning/interaction.ts";
import type { BlockSyntax } from "../model.ts";
import type { FilterRequest } from "./port.ts";
import type { Session } from "./session.ts";

type Facts = NonNullable<Context["project"]>;

/** Every text that a user or a model wrote. Labels have a vocabulary; ids are stored as keyed hashes only. */
export function* textsOf(request: FilterRequest): Generator<string> {
  if (request.kind === "feedback") {
    if (request.body.type === "edit") yield request.body.after;
    if (request.body.type === "comment") yield request.body.text;
    return;
  }
  const { input, output, reasoning, history, code, context } = request.body;
  for (const { content } of history) yield content;
  yield input;
  if (reasoning !== undefined) yield reasoning;
  yield output;
  for (const { path, before, after } of code) {
    if (path !== undefined) yield path;
    if (before !== undefined) yield before;
    yield after;
  }
  for (const facts of [context?.project, context?.codebase, context?.environment]) {
    for (const [key, value] of Object.entries(facts ?? {})) {
      yield key;
      if (typeof value !== "boolean") yield String(value);
    }
  }
}

/** Languages of code in it, for their grammars: of its blocks, and of blocks within text. */
export function languagesOf(request: FilterRequest): readonly string[] {
  const fenced = [...textsOf(request)].flatMap((text) =>
    [...text.matchAll(/(?:```|~~~)[ \t]{0,4}([A-Za-z0-9#+_-]{1,24})/g)].map((match) => match[1] ?? ""),
  );
  const blocks =
    request.kind === "interaction" ? request.body.code.map(({ language }) => language) : editLanguage(request);
  return [...new Set([...blocks, ...fenced])];
}

function editLanguage(request: FilterRequest & { kind: "feedback" }): string[] {
  const language = request.body.type === "edit" ? request.context.languages[request.body.block] : undefined;
  return language === undefined ? [] : [language];
}

/** The body with every text redacted, in the order in which a reader meets them. */
export function redactInteraction(body: Interaction, session: Session): { body: Interaction; syntax: BlockSyntax[] } {
  const syntax: BlockSyntax[] = [];
  const block = (code: CodeBlock): CodeBlock => {
    const path = code.path === undefined ? {} : { path: session.text(code.path) };
    const before = code.before === undefined ? {} : { before: session.code(code.language, code.before).text };
    const after = session.code(code.language, code.after);
    syntax.push(after.syntax);
    return { language: code.language, ...path, ...before, after: after.text };
  };
  const history = body.history.map(({ role, content }) => ({ role, content: session.text(content) }));
  const input = session.text(body.input);
  const reasoning = body.reasoning === undefined ? {} : { reasoning: session.text(body.reasoning) };
  const output = session.text(body.output);
  const code = body.code.map(block);
  const context = body.context === undefined ? {} : { context: redactContext(body.context, session) };
  return { body: { ...body, history, input, ...reasoning, output, code, ...context }, syntax };
}

function redactContext({ project, codebase, environment, toolUsage }: Context, session: Session): Context {
  return {
    ...(project === undefined ? {} : { project: redactFacts(project, session) }),
    ...(codebase === undefined ? {} : { codebase: redactFacts(codebase, session) }),
    ...(environment === undefined ? {} : { environment: redactFacts(environment, session) }),
    ...(toolUsage === undefined ? {} : { toolUsage }),
  };
}

function redactFacts(facts: Facts, session: Session): Facts {
  const pairs = Object.entries(facts).map(([key, value]): [string, string | number | boolean] => {
    if (typeof value === "boolean") return [session.text(key), value];
    const shown = session.named(key, String(value));
    return [session.text(key), shown === String(value) ? value : shown];
  });
  return Object.fromEntries(pairs);
}

export function redactFeedback(
  { body, context }: FilterRequest & { kind: "feedback" },
  session: Session,
): { body: Feedback; syntax: BlockSyntax[] } {
  switch (body.type) {
    case "edit": {
      const after = session.code(context.languages[body.block] ?? "unknown", body.after);
      return { body: { ...body, after: after.text }, syntax: [after.syntax] };
    }
    case "comment":
      return { body: { ...body, text: session.text(body.text) }, syntax: [] };
    default:
      return { body, syntax: [] };
  }
}
