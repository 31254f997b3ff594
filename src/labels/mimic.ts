import { LABELER_MAPPING, LABELER_NEVER_SAYS, LABELER_NO_FINDING } from "./chexpert-labeler.ts";
import { LABELS } from "./label.ts";
import type { LabelConvention } from "./label-mapping.ts";

/**
 * MIMIC-CXR-JPG (Johnson et al. 2019). Not covered: how NegBio's own rules differ from the CheXpert labeler's, whose
 * mapping is given here.
 */
export const MIMIC_CONVENTION: LabelConvention = {
  kind: "mimic",
  source:
    "The CheXpert (or NegBio) labeler on the report of the study. The test-labeled set of 2.1.0: labels curated by " +
    "hand, made to judge the two labelers.",
  values: "1.0, 0.0, -1.0 (uncertain) or blank (not mentioned)",
  stated: LABELS,
  mapping: [
    ...LABELER_MAPPING,
    {
      finding: "Airspace Opacity",
      label: "Lung Opacity",
      scope: "matched",
      evidence: "the name of that column in mimic-cxr-2.1.0-test-set-labeled.csv",
    },
  ],
  rulesOutNoFinding: LABELER_NO_FINDING,
  neverSays: [...LABELER_NEVER_SAYS, "Of 227,827 studies 2,414 have no label at all."],
};
