/** One number that a state gives to a person. */
export interface NationalNumber {
  readonly name: string;
  /** How many digits it begins with until something else comes, in all ways of writing it; negative: letters. */
  readonly heads: readonly number[];
  /** Sticky; matches the number as it is written, tried where a word with digits begins. */
  readonly shape: RegExp;
  /** Of what is written without its separators, upper case. */
  readonly holds: (plain: string) => boolean;
  /** Words of which one must stand nearby. Undefined: shape and check are evidence enough. */
  readonly called?: RegExp;
  /** A way of writing it that needs no word beside it, where the others do. */
  readonly unmistakable?: RegExp;
}

/** Words that name numbers of persons in many languages; beside those of each number. */
export const PERSONAL =
  /\b(?:national|personal|identity|identification|citizen|resident|tax|insurance|social)[\s_-]{0,2}(?:id\b|identity|identification|security|insurance|number|no\b|nr\b|code|card)|\b(?:id|identity)[\s_-]?(?:number|no\b|nr\b|card|#)|\bnational[_ ]?id|\btax[_ ]?(?:id|number|no|payer)|\bpersonal[_ ]?(?:id|code|number)|\btin\b|\bnin\b/i;
