import { SCORING } from "../../domain/quality/numbers.ts";
import type { BlockSyntax } from "../model.ts";
import type { CodeParser } from "../syntax/index.ts";
import { type Finding, scoreOf } from "./code/finding.ts";
import { securityFindings } from "./code/security.ts";
import { PIECES, structuralFindings, withoutComments } from "./code/structure.ts";
import { styleFindings } from "./code/style.ts";
import type { Assessor, Evidence } from "./port.ts";

const { weight, strength, mostCharacters, fullCharacters, syntaxErrorsAtWorst } = SCORING.code;

interface BlockQuality {
  readonly value: number;
  readonly length: number;
  readonly syntaxKnown: boolean;
  readonly findings: readonly Finding[];
}

/** Syntax, style and security of the code offered. */
export function codeQualityAssessor(parser: CodeParser): Assessor {
  return {
    dimension: "codeQuality",
    version: "1",
    prepare: (batch) => parser.prepare([...new Set(batch.flatMap(({ interaction }) => interaction.facts.languages))]),
    assess: ({ interaction: { content } }) => {
      let left = mostCharacters;
      const blocks = content.code.flatMap(({ language, after }, index) => {
        const looked = after.slice(0, left);
        left -= looked.length;
        return looked.trim() === "" ? [] : [judge(parser, language, looked, content.syntax[index])];
      });
      return blocks.length === 0 ? undefined : together(blocks);
    },
  };
}

function judge(parser: CodeParser, language: string, code: string, syntax: BlockSyntax | undefined): BlockQuality {
  const pieces = parseable(syntax) ? parser.pieces(language, code, PIECES) : undefined;
  const style = [...styleFindings(code), ...(pieces === undefined ? [] : structuralFindings(code, pieces))];
  const security = securityFindings(language, pieces === undefined ? code : withoutComments(code, pieces));
  const errors = errorShare(syntax);
  const parts = [
    { weight: weight.style, value: scoreOf(style) },
    { weight: weight.security, value: scoreOf(security) },
    ...(errors === undefined ? [] : [{ weight: weight.syntax, value: Math.max(0, 1 - errors / syntaxErrorsAtWorst) }]),
  ];
  const broken: readonly Finding[] = errors ? [{ what: "syntax errors", weight: "plain" }] : [];
  return {
    value:
      parts.reduce((sum, part) => sum + part.weight * part.value, 0) /
      parts.reduce((sum, part) => sum + part.weight, 0),
    length: code.length,
    syntaxKnown: errors !== undefined,
    findings: [...broken, ...security, ...style],
  };
}

/** What did not parse before redaction, or took too long to, has no structure to speak of, and may be made to cost time. */
function parseable(syntax: BlockSyntax | undefined): boolean {
  const errors = errorShare(syntax);
  return errors !== undefined && errors < syntaxErrorsAtWorst;
}

/** As the model wrote it: what redaction broke is not the model's fault. */
function errorShare(syntax: BlockSyntax | undefined): number | undefined {
  return syntax?.before ?? syntax?.after;
}

/** Blocks by their length; each kind of finding named once. */
function together(blocks: readonly BlockQuality[]): Evidence {
  const length = blocks.reduce((sum, block) => sum + block.length, 0);
  const mean = (of: (block: BlockQuality) => number) =>
    blocks.reduce((sum, block) => sum + of(block) * block.length, 0) / length;
  const found = [...new Set(blocks.flatMap(({ findings }) => findings.map(({ what }) => what)))];
  const value = mean((block) => block.value);
  return {
    value,
    strength:
      mean(({ syntaxKnown }) => (syntaxKnown ? strength.syntaxKnown : strength.textOnly)) *
      Math.min(1, length / fullCharacters),
    because: `Code quality ${value.toFixed(2)}: ${found.length === 0 ? "nothing found against it" : found.join(", ")}.`,
  };
}
