/**
 * Assessments a second in one worker, on one thread: seeded events of about 4 KB with their feedback, all five
 * assessors, parsing included. The store is not part of it.
 *
 *     node bench/data/assessment.ts [events]
 */
import { feedback as feedbackSchema } from "../../src/api/learning/feedback.ts";
import { type Interaction, interaction } from "../../src/api/learning/interaction.ts";
import { dataPolicy } from "../../src/api/learning/policies.ts";
import { createAssessment } from "../../src/learning/assessment/assess.ts";
import type { Assessor } from "../../src/learning/assessment/port.ts";
import { standardAssessors } from "../../src/learning/assessment/standard.ts";
import type { LoadedInteraction } from "../../src/learning/store/port.ts";
import { codeParser } from "../../src/learning/syntax/index.ts";
import { feedbackOn, interactions } from "../../src/testing/interactions.ts";
import { printTable } from "./table.ts";

const WANTED = 500;
const BATCH = 50;
const SEED = 20260115;
const now = () => Date.UTC(2026, 0, 15);
const policy = dataPolicy.parse({ namespace: "bench", name: "coder", servedModel: "qi-coder" });

function loaded(event: Interaction, seed: number): LoadedInteraction {
  const { input, output, history, code, context, usage } = event;
  const said = feedbackOn(event, { seed, now });
  return {
    interaction: {
      facts: {
        tenant: "bench",
        id: event.id,
        at: now(),
        policy: "bench/coder",
        policyRevision: 1,
        kind: event.kind,
        servedModel: event.servedModel,
        modelVersion: event.modelVersion,
        thinking: event.thinking,
        session: event.sessionId,
        subject: event.subject,
        repository: event.repository,
        contributor: "bench",
        languages: code.map(({ language }) => language),
        tools: (context?.toolUsage ?? []).map(({ name }) => name),
        redactions: {},
      },
      content: {
        input,
        output,
        history,
        code,
        ...(context && { context }),
        ...(usage && { usage }),
        syntax: code.map(({ language }) => ({ language, before: 0, after: 0 })),
        placeholders: {},
      },
      receivedAt: now(),
      feedbackSeq: said.length,
    },
    feedback: said.map((body, index) => ({
      feedback: feedbackSchema.parse(body),
      seq: index + 1,
      receivedAt: now(),
      syntax: undefined,
    })),
    assessment: undefined,
  };
}

const count = Number(process.argv[2] ?? 5000);
const stream = interactions({ seed: SEED, now });
const events = Array.from({ length: count }, (_, index) => loaded(interaction.parse(stream.next().value), index + 1));
const bytes = events.reduce((sum, { interaction: { content } }) => sum + JSON.stringify(content).length, 0);

const all = standardAssessors(codeParser());
const rows = [await measure("all five", all)];
for (const assessor of all) rows.push(await measure(`${assessor.dimension} alone`, [assessor]));

const [first] = rows;
printTable(
  `${count} events of ${Math.round(bytes / count)} characters, one thread`,
  ["assessors", "assessments/s", "ms each", `of ${WANTED}/s`],
  rows.map(({ name, perSecond }) => [
    name,
    perSecond.toFixed(0),
    (1000 / perSecond).toFixed(3),
    `${(perSecond / WANTED).toFixed(1)} ×`,
  ]),
);
if (first === undefined || first.perSecond < WANTED) process.exitCode = 1;

async function measure(name: string, assessors: readonly Assessor[]) {
  const assess = createAssessment({ assessors, policyOf: () => policy, thresholdOf: () => 0.7, salt: "bench" });
  // Once to load grammars and to warm up.
  await assess(events.slice(0, Math.min(events.length, 500)));
  const started = performance.now();
  for (let at = 0; at < events.length; at += BATCH) await assess(events.slice(at, at + BATCH));
  return { name, perSecond: (events.length / (performance.now() - started)) * 1000 };
}
