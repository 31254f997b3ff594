import { LABELER_MAPPING, LABELER_NEVER_SAYS, LABELER_NO_FINDING } from "./chexpert-labeler.ts";
import { LABELS } from "./label.ts";
import type { LabelConvention } from "./label-mapping.ts";

/** CheXpert (Irvin et al. 2019). */
export const CHEXPERT_CONVENTION: LabelConvention = {
  kind: "chexpert",
  source:
    "Training: the CheXpert labeler on the report. Validation and test: radiologists reading the images, " +
    "every label 1 or 0, closed upward in the hierarchy.",
  values: "1.0, 0.0, -1.0 (uncertain) or blank (not mentioned); in validation and test 1 or 0",
  stated: LABELS,
  mapping: LABELER_MAPPING,
  rulesOutNoFinding: LABELER_NO_FINDING,
  neverSays: LABELER_NEVER_SAYS,
};
