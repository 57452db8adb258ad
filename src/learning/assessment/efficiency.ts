import { SCORING } from "../../domain/quality/numbers.ts";
import type { InteractionContent } from "../model.ts";
import { mean, type Part } from "./parts.ts";
import type { Assessor } from "./port.ts";

const { efficiency: numbers } = SCORING;

/** Time and tokens for what came of them, tools that failed, and text that goes round in circles. */
export const efficiencyAssessor: Assessor = {
  dimension: "efficiency",
  version: "1",
  assess: ({ interaction: { content, facts } }) => {
    const loops = loopShare(content);
    const characters = useful(content, loops ?? 0);
    const allowance = facts.thinking ? numbers.thinkingAllowance : 1;
    const { completionTokens, durationMs, timeToFirstTokenMs } = content.usage ?? {};
    return mean(
      "Efficiency",
      [
        measured("tokens", completionTokens, characters * allowance, numbers.tokensPerCharacter),
        measured("pace", durationMs, characters * allowance, numbers.millisecondsPerCharacter),
        measured("firstToken", timeToFirstTokenMs, 1, numbers.firstTokenMs),
        toolsWork(content),
        loops === undefined ? undefined : part("loops", between(loops, numbers.loops)),
      ],
      numbers.strength,
    );
  },
};

interface Span {
  readonly good: number;
  readonly bad: number;
}

function measured(
  name: "tokens" | "pace" | "firstToken",
  amount: number | undefined,
  per: number,
  { good, bad }: Span,
): Part | undefined {
  if (amount === undefined) return undefined;
  const log = { good: Math.log(good), bad: Math.log(bad) };
  return part(name, amount === 0 ? 1 : between(Math.log(amount / per), log));
}

/** A tool that was denied did not fail: the user decided so. */
function toolsWork({ context }: InteractionContent): Part | undefined {
  const tried = (context?.toolUsage ?? []).filter(({ outcome }) => outcome !== "denied");
  if (tried.length === 0) return undefined;
  return part("tools", tried.filter(({ outcome }) => outcome === "succeeded").length / tried.length);
}

/** Share of phrases of eight words that stood there before; undefined: too little text. */
function loopShare({ output, reasoning }: InteractionContent): number | undefined {
  const text = `${output.slice(0, numbers.mostCharacters)}\n${(reasoning ?? "").slice(0, numbers.mostCharacters)}`;
  const words = text.match(/\S+/g) ?? [];
  const phrases = words.length - PHRASE + 1;
  if (phrases < PHRASE) return undefined;
  const seen = new Set<string>();
  for (let start = 0; start < phrases; start++) seen.add(words.slice(start, start + PHRASE).join(" "));
  return 1 - seen.size / phrases;
}

const PHRASE = 8;

/** Characters that the user could use: without what was said twice. */
function useful({ output, code }: InteractionContent, loops: number): number {
  const written = Math.max(
    output.length,
    code.reduce((sum, { after }) => sum + after.length, 0),
  );
  return Math.max(numbers.leastUseful, written * (1 - loops));
}

/** 1 up to `good`, 0 from `bad` on. */
function between(value: number, { good, bad }: Span): number {
  return Math.min(1, Math.max(0, (bad - value) / (bad - good)));
}

function part(name: keyof typeof numbers.weight, value: number): Part {
  return { name, weight: numbers.weight[name], value };
}
