import { feedbackIntake } from "./feedback.ts";
import { interactionIntake } from "./interactions.ts";
import type { Intake, IntakeDeps } from "./port.ts";

export function createIntake(deps: IntakeDeps): Intake {
  return { interactions: interactionIntake(deps), feedback: feedbackIntake(deps) };
}
