import type { InteractionFacts } from "../model.ts";

/** Most languages and most tools of one interaction that the analysis groups by: rollups grow with them. */
const MOST = 16;

/** What the analysis of low quality groups by. The sum over all, `all`, is the store's. */
export function facets({ kind, servedModel, modelVersion, languages, tools }: InteractionFacts): readonly string[] {
  return [
    `kind:${kind}`,
    `model:${modelVersion ?? servedModel}`,
    ...languages.slice(0, MOST).map((language) => `language:${language}`),
    ...tools.slice(0, MOST).map((tool) => `tool:${tool}`),
  ];
}
