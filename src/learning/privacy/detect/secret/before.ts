import { unitAt } from "../../text/unit.ts";
import type { Scan } from "../scan.ts";
import { isHash, isSecret } from "./values.ts";

const NAME = /^(?:pass(?:wor[dt]|phrase|code|wd)?|pwd|kennwort|mot de passe|contrase[ñn]a|senha|parola|wachtwoord)$/i;
const REACH = 128;
/** A word, and what says that the name after it is its own. */
const VALUE =
  /(?:^|[\s"'`(„“«])([^\s"'`<>()„“”«»]{6,64})["'`”»]? (?:as|is|was|als|ist|comme|est|como|es) (?:the|an?|my|your|our|its|das|mein|unser|le|la|mon|notre|el|mi|nuestra|o) (?:[\w-]{1,20} ){0,2}$/i;
/** What follows where the name is no word of another name: `as the password hash`. */
const END =
  /^["'`]?(?:[.,;:!?)]|[ \t]*(?:\n|$)|[ \t]+(?:for|on|when|and|to|in|until|at|with|if|while|everywhere|here|now)\b)/i;

/** Reports a password that is said before its name: `use velvet-21 as the passphrase`. Answers where to go on. */
export function valueBefore({ text, report }: Scan, nameAt: number, end: number, name: string): number | undefined {
  if (unitAt(text, nameAt - 1) !== 0x20 || !NAME.test(name) || !END.test(text.slice(end, end + 16))) return undefined;
  const from = Math.max(0, nameAt - REACH);
  const found = VALUE.exec(text.slice(from, nameAt));
  const value = found?.[1];
  if (found === null || value === undefined || !/\d|[!@#$%^&*+=?~]/.test(value)) return undefined;
  if (isHash(value) || !isSecret(value, "strong", "prose", name)) return undefined;
  const at = from + found.index + found[0].indexOf(value);
  report(at, at + value.length, "SECRET");
  return end;
}
