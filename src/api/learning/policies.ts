import { z } from "zod";
import { objectName } from "../v1alpha1/common.ts";
import { assessment, dataset, privacy } from "../v1alpha1/learning.ts";

/** The part of a QualityPolicy that the data plane works by. */
export const dataPolicy = z.strictObject({
  namespace: objectName,
  name: objectName,
  servedModel: z.string().min(1).max(63),
  privacy: privacy.prefault({}),
  assessment: assessment.prefault({}),
  dataset: dataset.prefault({}),
});

/** The whole set, as the operator pushes it: what is not in it is no longer a policy. */
export const policySet = z.strictObject({
  revision: z.int().min(1).describe("Grows with every change; an older set than the one in force is refused."),
  policies: z.array(dataPolicy).max(1000),
});

export type DataPolicy = z.output<typeof dataPolicy>;
export type PolicySet = z.output<typeof policySet>;
export type PrivacyPolicy = DataPolicy["privacy"];
export type AssessmentPolicy = DataPolicy["assessment"];
export type DatasetPolicy = DataPolicy["dataset"];
