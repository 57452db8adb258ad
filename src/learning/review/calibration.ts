import type { ReviewCalibration } from "../../api/learning/reviews.ts";
import { calibrate, type Reliability } from "../../domain/quality/calibration.ts";
import type { PolicyName, Tenant } from "../model.ts";
import type { ReviewStore } from "../store/port.ts";
import type { ReviewRules } from "./rules.ts";

/** The newest decisions count; older ones were made about other assessors. */
const NEWEST = 5000;

export async function calibrationOf(
  reviews: Pick<ReviewStore, "calibration">,
  rules: Pick<ReviewRules, "review">,
  tenant: Tenant,
  policy: PolicyName,
): Promise<ReviewCalibration> {
  const points = await reviews.calibration(tenant, policy, NEWEST);
  const { everything, lowConfidence, audit, recommendation } = calibrate(points, rules.review(policy));
  return {
    policy,
    everything: view(everything),
    lowConfidence: view(lowConfidence),
    audit: view(audit),
    recommendation,
  };
}

const view = ({ n, error, bins }: Reliability) => ({ n, error, bins: bins.map((bin) => ({ ...bin })) });
