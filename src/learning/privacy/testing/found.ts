import { privacy } from "../../../api/v1alpha1/learning.ts";
import { createRedactor, type Redactor } from "../redactor.ts";

/** With everything a policy can detect. */
export const everything: Redactor = createRedactor(privacy.parse({}));

/** `EMAIL jane@example.org` for each finding, in the text's order. */
export function found(text: string, redactor = everything): string[] {
  return redactor.find(text).map(({ type, start, end }) => `${type} ${text.slice(start, end)}`);
}

/** The text with the type of each finding in its place. */
export function redacted(text: string, redactor = everything): string {
  let from = 0;
  let result = "";
  for (const { type, start, end } of redactor.find(text)) {
    result += `${text.slice(from, start)}<${type}>`;
    from = end;
  }
  return result + text.slice(from);
}
