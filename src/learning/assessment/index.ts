export { analyse, calibration } from "./analysis.ts";
export { type Assess, type AssessmentOptions, assessorVersion, createAssessment } from "./assess.ts";
export type { Assessor, Evidence } from "./port.ts";
export { standardAssessors } from "./standard.ts";
export { type Adjusted, adjustThresholds, type ThresholdScope, thresholdReader } from "./thresholds.ts";
