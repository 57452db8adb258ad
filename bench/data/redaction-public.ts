/**
 * Sets by other hands, from package registries. The detectors were not written against any of them; what the first
 * measurement showed to be a fault of a rule was mended, so that they are no longer unseen (see privacy/README.md).
 *
 * - faker (MIT, npm): values by its own rules for 12 locales, in our sentences.
 * - libphonenumber (MIT, npm): a mobile number of every country, as its people write it and as others do. Our detector
 *   takes the lengths of numbers from the same library.
 * - gitleaks (MIT, the proxy for Go modules): true and false positives of its rules, which its own generator makes. It is
 *   compiled with a function of ours that prints what it would check; this needs Go.
 */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { allLocales, Faker } from "@faker-js/faker";
import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { z } from "zod";
import type { Chance, Labelled } from "./redaction-labelled.ts";
import { Chance as Seeded } from "./redaction-labelled.ts";
import { inContext } from "./redaction-people.ts";

const LOCALES = ["en_US", "en_GB", "de", "fr", "es", "it", "nl", "pl", "pt_BR", "sv", "ja", "tr"] as const;
const GITLEAKS = "github.com/zricethezav/gitleaks/v8";
const GITLEAKS_VERSION = "v8.30.1";
const run = promisify(execFile);

export function fromFaker(count: number, seed: number): [type: string, texts: Labelled[]][] {
  const fakers = LOCALES.map((locale) => {
    const faker = new Faker({ locale: [allLocales[locale], allLocales.en, allLocales.base] });
    faker.seed(seed);
    return faker;
  });
  const chance = new Seeded(seed);
  const values: Readonly<Record<string, (faker: Faker) => string>> = {
    EMAIL: (faker) => faker.internet.email(),
    PHONE: (faker) => faker.phone.number({ style: chance.of(["human", "national", "international"]) }),
    CARD: (faker) => faker.finance.creditCardNumber(chance.of(["visa", "mastercard", "american_express", "discover"])),
    IBAN: (faker) => faker.finance.iban({ formatted: chance.next() < 0.5 }),
    IP: (faker) => chance.of([faker.internet.ipv4(), faker.internet.ipv6()]),
  };
  return Object.entries(values).map(([type, value]) => [
    type,
    Array.from({ length: count }, () => inContext(type, value(chance.of(fakers)), chance)),
  ]);
}

export function fromLibphonenumber(chance: Chance): Labelled[] {
  const examples = z
    .record(z.string(), z.string())
    .parse(createRequire(import.meta.url)("libphonenumber-js/examples.mobile.json"));
  return Object.entries(examples).flatMap(([country, digits]) => {
    const number = parsePhoneNumberFromString(digits, country as CountryCode);
    if (number === undefined) return [];
    const shown = [number.formatInternational(), number.format("E.164"), number.formatNational()];
    return [...new Set(shown)].map((value) => inContext("PHONE", value, chance));
  });
}

/** Put in place of the function by which gitleaks checks a rule against its examples. */
const PRINTING = `
type example struct {
	Rule, Text, Secret string
	True bool
}

func dump(r *config.Rule, positives, negatives []string) *config.Rule {
	out := json.NewEncoder(os.Stdout)
	d := createSingleRuleDetector(r)
	for _, text := range positives {
		for _, found := range d.DetectString(text) {
			out.Encode(example{r.RuleID, text, found.Secret, true})
			break
		}
	}
	for _, text := range negatives {
		out.Encode(example{r.RuleID, text, "", false})
	}
	return r
}

func texts(byPath map[string]string) (all []string) {
	for _, text := range byPath {
		all = append(all, text)
	}
	return all
}

func Validate(rule config.Rule, positives []string, negatives []string) *config.Rule {
	return dump(&rule, positives, negatives)
}

func ValidateWithPaths(rule config.Rule, positives, negatives map[string]string) *config.Rule {
	return dump(&rule, texts(positives), texts(negatives))
}

`;

const example = z.object({ Rule: z.string(), Text: z.string(), Secret: z.string(), True: z.boolean() });

export interface RuleExamples {
  readonly positives: readonly Labelled[];
  readonly negatives: readonly string[];
}

/** Or why there are none. */
export async function gitleaksRules(): Promise<RuleExamples | string> {
  const folder = await mkdtemp(join(tmpdir(), "gitleaks-"));
  try {
    const { stdout: told } = await run("go", ["mod", "download", "-json", `${GITLEAKS}@${GITLEAKS_VERSION}`]);
    const { Dir } = z.object({ Dir: z.string() }).parse(JSON.parse(told));
    await cp(Dir, folder, { recursive: true });
    // The module cache is read-only, and so is a copy of it.
    await run("chmod", ["-R", "u+w", folder]);
    await printExamples(join(folder, "cmd/generate/config/utils/validate.go"));
    // It ends by writing its configuration, which is not wanted.
    const { stdout } = await run("go", ["run", "./cmd/generate/config", join(folder, "out.toml")], {
      cwd: folder,
      maxBuffer: 64 << 20,
    }).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? "" }));
    const lines = stdout.split("\n").filter((line) => line.startsWith('{"Rule"'));
    if (lines.length === 0) return "gitleaks printed no examples";
    return labelledBy(lines.map((line) => example.parse(JSON.parse(line))));
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT"
      ? "needs go"
      : "no Go modules to be had";
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function printExamples(file: string): Promise<void> {
  const code = await readFile(file, "utf8");
  const from = code.indexOf("func Validate(");
  const to = code.indexOf("func createSingleRuleDetector(");
  const imports = code.slice(0, from).replace("import (", 'import (\n\t"encoding/json"\n\t"os"');
  await writeFile(file, imports + PRINTING + code.slice(to));
}

function labelledBy(examples: readonly z.output<typeof example>[]): RuleExamples {
  const positives = examples.flatMap(({ True, Text, Secret }) => {
    // Some of its rules take the quote after a secret for a part of it.
    const secret = Secret.replace(/^["'`\s]+|["'`\s]+$/g, "");
    const start = Text.indexOf(secret);
    return True && secret !== "" && start >= 0
      ? [{ text: Text, labels: [{ type: "SECRET", start, end: start + secret.length }] }]
      : [];
  });
  return { positives, negatives: examples.flatMap(({ True, Text }) => (True ? [] : [Text])) };
}
