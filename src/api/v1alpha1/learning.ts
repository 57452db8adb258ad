import { z } from "zod";
import { atomicList, duration, fraction, mapList, validated } from "./common.ts";

/** What may be kept of what users write. */
export const privacy = z
  .strictObject({
    detect: z
      .array(z.enum(["Emails", "PhoneNumbers", "PaymentCards", "IBANs", "NationalIDs", "IPAddresses"]))
      .max(6)
      .meta({ "x-kubernetes-list-type": "set" })
      .default(["Emails", "PhoneNumbers", "PaymentCards", "IBANs", "NationalIDs", "IPAddresses"])
      .describe("Personal data that is replaced by typed placeholders before anything is stored. Secrets always are."),
    custom: mapList(
      z
        .array(
          z.strictObject({
            name: z
              .string()
              .min(1)
              .max(32)
              .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/)
              .describe("Becomes the placeholder: ticket gives <TICKET_1>."),
            pattern: validated(z.string().min(1).max(512), {
              // What does not compile fails the rule, too: the server adds the compiler's words to the message.
              rule: "!''.matches(self)",
              message: "must be a regular expression in RE2 syntax that does not match empty text",
            }).describe("A regular expression in RE2 syntax, which runs in linear time. It may not match empty text."),
          }),
        )
        .max(64),
      "name",
    )
      .default([])
      .describe("Patterns of your own that are replaced too."),
    retentionDays: z.int().min(1).max(3650).default(180).describe("Days that interactions are kept."),
  })
  .describe("What may be kept of what users write.");

const weight = (value: number, of: string) => fraction.default(value).describe(`Weight of ${of} in the overall score.`);

/** How good an interaction was, and from where on it is worth learning from. */
export const assessment = z
  .strictObject({
    weights: validated(
      z.strictObject({
        satisfaction: weight(0.35, "the user's satisfaction"),
        functionalCorrectness: weight(0.3, "whether the code compiles, passes its tests and deploys"),
        codeQuality: weight(0.15, "the code's quality"),
        contextRelevance: weight(0.1, "how well the answer fits its project"),
        efficiency: weight(0.1, "time and tokens spent"),
      }),
      {
        rule: "self.satisfaction + self.functionalCorrectness + self.codeQuality + self.contextRelevance + self.efficiency > 0.0",
        message: "at least one weight must be greater than 0",
      },
    )
      .prefault({})
      .describe(
        "Weights of the five dimensions; they are divided by their sum over the dimensions that have evidence.",
      ),
    threshold: validated(
      z.strictObject({
        mode: z
          .enum(["Fixed", "Dynamic"])
          .default("Dynamic")
          .describe("Fixed: initial stays. Dynamic: moves between min and max toward targetAcceptance."),
        initial: fraction.default(0.7).describe("Overall score from which an interaction is trained on, at first."),
        min: fraction.default(0.6).describe("Least threshold."),
        max: fraction.default(0.85).describe("Greatest threshold."),
        maxStep: fraction.default(0.02).describe("Greatest change in one window."),
        window: duration.default("24h").describe("How often it may move."),
        targetAcceptance: fraction.default(0.35).describe("Share of interactions that should be worth training on."),
      }),
      {
        rule: "self.min <= self.initial && self.initial <= self.max",
        message: "min <= initial <= max must hold",
        fieldPath: ".initial",
      },
    )
      .prefault({})
      .describe("From which score on an interaction is trained on."),
    review: z
      .strictObject({
        belowConfidence: fraction.default(0.6).describe("Scores less certain than this go to a person."),
        auditFraction: fraction.default(0.02).describe("Share of all others that go to a person, at random."),
        lease: duration.default("15m").describe("How long a reviewer holds an item."),
      })
      .prefault({})
      .describe("What people look at."),
  })
  .describe("How good an interaction was, and from where on it is worth learning from.");

const enabled = z.boolean().default(true).describe("Whether this trigger counts.");

/** When to train. Any enabled trigger suffices; cooldown and budget hold for all of them. */
export const triggers = z
  .strictObject({
    volume: z
      .strictObject({
        enabled,
        minInteractions: z
          .int()
          .min(1)
          .max(100000000)
          .default(1000)
          .describe("Interactions over the threshold since the last training."),
      })
      .prefault({})
      .describe("Enough has been collected."),
    trend: z
      .strictObject({
        enabled,
        direction: z.enum(["Up", "Down"]).default("Up").describe("The direction that triggers."),
        minDelta: fraction.default(0.03).describe("Least change of mean quality."),
        window: duration.default("168h").describe("Over which time."),
      })
      .prefault({})
      .describe("Mean quality is moving."),
    interval: z
      .strictObject({ enabled, every: duration.default("168h").describe("Time since the last training.") })
      .prefault({})
      .describe("It has been a while."),
    cooldown: duration.default("24h").describe("Least time between two trainings."),
    budget: z
      .strictObject({
        gpuHoursPerWeek: z
          .number()
          .min(0)
          .max(100000)
          .default(40)
          .describe("GPU hours that training may use in seven days."),
        window: z
          .string()
          .max(64)
          .regex(
            /^(Always|(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(-(Mon|Tue|Wed|Thu|Fri|Sat|Sun))? ([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9] [A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*)$/,
          )
          .default("Always")
          .describe(
            'When training may start: "Always", or days, hours and time zone: "Mon-Fri 20:00-06:00 Europe/Berlin".',
          ),
      })
      .prefault({})
      .describe("What training may use."),
  })
  .describe("When to train. Any enabled trigger suffices; cooldown and budget hold for all of them.");

/** What a dataset is made of. */
export const dataset = z
  .strictObject({
    minExamples: z.int().min(1).max(10000000).default(200).describe("A smaller dataset is not trained on."),
    thinkingRatio: fraction
      .default(0.75)
      .describe("Share of examples that show reasoning, so that the model does not lose it."),
    balanceBy: z
      .array(z.enum(["language", "kind"]))
      .max(2)
      .meta({ "x-kubernetes-list-type": "set" })
      .default(["language", "kind"])
      .describe("No value of these may crowd out the others."),
    maxSharePerContributor: z
      .number()
      .gt(0)
      .max(1)
      .default(0.05)
      .describe("Greatest share of examples from one API key."),
    split: validated(
      z.strictObject({
        validation: fraction.default(0.05).describe("Share kept for validation."),
        test: fraction.default(0.05).describe("Share kept for testing."),
        groupBy: atomicList(z.array(z.enum(["session", "repository"])).max(2))
          .default(["session", "repository"])
          .describe("What never lies on both sides of a split."),
      }),
      {
        rule: "self.validation + self.test < 1.0",
        message: "validation + test must be less than 1",
        fieldPath: ".test",
      },
    )
      .prefault({})
      .describe("What is not trained on."),
  })
  .describe("What a dataset is made of.");
