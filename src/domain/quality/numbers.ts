/**
 * Every number of the quality decisions, in one table. SCORING is what a score depends on: its digest is part of the
 * assessor version, so that changing one makes scores anew. STEERING is what is decided from many scores.
 */
export const SCORING = {
  /** The diagram's four levels. */
  levels: { high: 1, mediumHigh: 0.75, medium: 0.5, low: 0.2 },
  /** "Rating >= 4/5?" */
  rating: { highFrom: 4 },
  modification: {
    /** Share of tokens changed up to which an edit is minor. */
    minorUpTo: 0.25,
    /** Share of the accepted characters that stand from which on nothing counts as changed: formatters touch a few. */
    wholeFrom: 0.98,
    /** Below this share the user took back what was accepted. */
    takenBackBelow: 0.1,
  },
  /** How much each kind of feedback says about satisfaction. Acceptance alone is weak (arXiv 2404.02806). */
  strength: {
    rating: 1,
    rejection: 0.5,
    acceptance: 0.35,
    edit: 0.6,
    retention: { "30s": 0.45, "2m": 0.5, "5m": 0.6, "10m": 0.7, commit: 0.85 },
    /** Implicit feedback on an answer of `full` characters counts whole, on an empty one by `least`. */
    length: { full: 200, least: 0.5 },
  },
  correctness: {
    /** How much each check weighs among those reported. */
    weight: { compiles: 0.3, testsPass: 0.5, deploys: 0.2 },
    /** How much each says; together they say 1 − Π(1 − s). */
    strength: { compiles: 0.4, testsPass: 0.7, deploys: 0.6 },
  },
  /** "Penalize": the score times `penalty`, so that nothing broken reaches a usual threshold. "Boost": plus `boost`. */
  outcome: { penalty: 0.5, boost: 0.1 },
  /** The score of what nothing at all is known about; its confidence is 0. */
  noEvidence: 0.5,
  code: {
    weight: { syntax: 0.4, style: 0.3, security: 0.3 },
    /** Most of one interaction's code that is looked at, in characters, so that time stays bounded. */
    mostCharacters: 32_768,
    /** Share of text inside syntax errors at which syntax is worth nothing. */
    syntaxErrorsAtWorst: 0.2,
    longFunctionLines: 80,
    deepNesting: 5,
    longLine: 160,
    /** Share of lines that repeat others from which on it counts. */
    repeatedLines: 0.3,
    /** What each finding takes off its group's score. */
    cost: { slight: 0.1, plain: 0.25, grave: 0.5 },
    /** Strength of the judgement where syntax was checked, and by text alone. */
    strength: { syntaxKnown: 0.7, textOnly: 0.4 },
    /** Code shorter than this is weaker evidence, in proportion. */
    fullCharacters: 200,
  },
  context: {
    weight: { answers: 3, topic: 2, mentions: 2, language: 2, frameworks: 1, paths: 1, style: 1, placeholders: 1 },
    /** What a refusal is worth: sometimes refusing is right. */
    refusal: 0.1,
    /** An answer shorter than this answers nothing, unless it has code. */
    leastAnswer: 2,
    /** Share of the question's words that comes back in an answer that is on topic. */
    topicOnTarget: 0.3,
    mentionsOnTarget: 0.5,
    /** Of a path whose ending fits its language, but that the context does not know. */
    unknownPath: 0.7,
    leastWords: 5,
    mostCharacters: 16_384,
    /** Strength by the number of checks that applied: `each` times their number, up to `most`. */
    strength: { each: 0.12, most: 0.6 },
  },
  efficiency: {
    weight: { tokens: 1, pace: 1, firstToken: 0.5, tools: 1, loops: 1 },
    /** From `good` on down it is 1, from `bad` on up 0, logarithmic between. */
    tokensPerCharacter: { good: 0.4, bad: 4 },
    millisecondsPerCharacter: { good: 8, bad: 200 },
    firstTokenMs: { good: 1_000, bad: 30_000 },
    /** Share of text in repeated lines or phrases. */
    loops: { good: 0.1, bad: 0.6 },
    /** Reasoning before answering takes so many times the tokens and the time. */
    thinkingAllowance: 4,
    /** Answers are taken to have at least so many useful characters: "yes" is not wasteful. */
    leastUseful: 80,
    mostCharacters: 32_768,
    strength: { each: 0.15, most: 0.6 },
  },
  edit: {
    /** Tokens a side beyond which the distance is estimated from lines. */
    mostTokens: 4_000,
  },
} as const;

export const STEERING = {
  threshold: {
    /** Acceptance this near to its target is left alone. */
    hysteresis: 0.05,
    /** Fewer scores decide nothing. */
    minSamples: 100,
    /** Two-sided 99 %: the threshold moves only when even the bound lies outside the band. */
    z: 2.576,
    /** Halved steps end here. */
    smallestStep: 0.0025,
    /** As many moves in one direction, and the step doubles again. Halved steps need at most three back over a cliff. */
    doubleAfter: 4,
    /** Windows after which a threshold that turned to and fro tries the other side once more. */
    probeAfterWindows: 14,
    /** Scores since the last change count, at most of so many windows. */
    sampleWindows: 7,
  },
  analysis: {
    /** Both groups need so many. */
    minSamples: 30,
    /** A smaller difference is no finding, however sure. */
    minShortfall: 0.05,
    /** Probability of one false finding in the whole analysis; divided by the number of comparisons (Bonferroni). */
    falseFindings: 0.05,
    /** A dimension whose mean is surely below this fails, whatever it is compared with. */
    failingBelow: 0.5,
    mostFindings: 50,
  },
  calibration: {
    bins: 10,
    /** Fewer decided reviews allow no recommendation. */
    minSamples: 100,
    minPerBin: 20,
    /** The bar for the expected calibration error. */
    goodError: 0.05,
    /** People should agree with this share of what nobody is asked about. */
    wantedAgreement: 0.8,
    z: 1.96,
  },
} as const;
