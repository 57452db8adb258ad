import type { ReviewCalibration } from "../../api/learning/reviews.ts";
import type { PolicyName, Tenant } from "../model.ts";
import type { CalibrationPoint, ReviewStore } from "../store/port.ts";

/** The newest decisions count; older ones were made about other assessors. */
const NEWEST = 5000;

export interface Reliability {
  readonly expectedCalibrationError: number;
  readonly bins: ReviewCalibration["bins"];
}
/** Is handed in: what calibration is, is decided where confidence is. */
export type Calibrate = (points: readonly CalibrationPoint[]) => Reliability;

export async function calibrationOf(
  reviews: Pick<ReviewStore, "calibration">,
  calibrate: Calibrate,
  tenant: Tenant,
  policy: PolicyName,
): Promise<ReviewCalibration> {
  const points = await reviews.calibration(tenant, policy, NEWEST);
  if (points.length === 0) return { policy, decided: 0, bins: [] };
  const agreed = points.filter((point) => point.agreed).length / points.length;
  return { policy, decided: points.length, agreed, ...calibrate(points) };
}
