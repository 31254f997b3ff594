import type { Finding } from "./finding-phrases.ts";

/**
 * How readers name each finding, and the phrases that call its region normal. Terms are what a sentence must hold to
 * speak of the finding; a term that could mean another finding as well is left out, since a denial of the other would
 * then count.
 */
interface FindingTerms {
  readonly names: RegExp;
  /** Claims that exclude the finding by themselves; null where there is none that is unambiguous. */
  readonly normal: RegExp | null;
  /** Words that may assert it in another way: where one stands undenied, nothing is decided. */
  readonly hints: RegExp | null;
}

const terms = (names: string, normal: string | null = null, hints: RegExp | null = null): FindingTerms => ({
  names: new RegExp(String.raw`\b(?:${names})\b`, "gi"),
  normal: normal === null ? null : new RegExp(String.raw`\b(?:${normal})\b`, "i"),
  hints,
});

const HEART = "(?:heart|cardiac silhouette|cardiac size|heart size|cardiac contour)";
const BE = "(?:is|are|appears?|remains?)";
const CLEAR_LUNGS = "(?<!upper )(?<!rest of )(?:the|both) lungs (?:fields )?(?:are|appear) clear";

const DENSE =
  /opaci|infiltrat|densit|increased density|haz[ye]|haziness|shadow|patch|air ?space|bronchogram|consolidat|white/i;

export const FINDING_TERMS: Readonly<Record<Finding, FindingTerms>> = {
  Cardiomegaly: terms(
    String.raw`cardiomegaly|enlarged (?:heart|cardiac silhouette)|(?:cardiac|heart) enlargement|enlargement of the (?:heart|cardiac silhouette)|${HEART} ${BE} (?:\w+ )?(?:enlarged|increased)`,
    `${HEART} ${BE} (?:normal(?! in (?!size))|not enlarged|within normal limits)|normal (?:heart|cardiac) size`,
    /enlarg|cardiomegal|cardiothoracic|\bwide|prominent/i,
  ),
  "Enlarged Cardiomediastinum": terms(
    String.raw`mediastinal widening|widen(?:ed|ing)(?: of the)? (?:cardio)?mediastinum|(?:cardio)?mediastinum ${BE} (?:\w+ )?(?:widened|enlarged)|enlarged cardiomediastinum`,
    `(?:cardio)?mediastin(?:um|al contours?|al silhouette) ${BE} (?:normal|not widened|within normal limits|unremarkable)`,
    /widen|\bwide|enlarg|prominent/i,
  ),
  "Lung Opacity": terms("(?:lung |pulmonary |airspace )?opacit(?:y|ies)", CLEAR_LUNGS, DENSE),
  "Lung Lesion": terms("nodules?|lung mass(?:es)?|pulmonary mass(?:es)?|(?:lung|pulmonary) lesions?"),
  Edema: terms(
    "(?:o?edema)|pulmonary vascular congestion",
    CLEAR_LUNGS,
    /vessel|vascul|congest|kerley|septal|haz[ye]|haziness|interstiti/i,
  ),
  Consolidation: terms("consolidations?", CLEAR_LUNGS, DENSE),
  Pneumonia: terms("pneumonia"),
  Atelectasis: terms("atelectas[ei]s|volume loss"),
  Pneumothorax: terms("pneumothora(?:x|ces)|hydropneumothorax"),
  "Pleural Effusion": terms("effusions?|pleural fluid|hydropneumothorax"),
  "Pleural Other": terms(`pleural (?:thickening|plaques?|scarring)|pleura ${BE} thickened`),
  Fracture: terms("fractures?|broken bones?"),
  "Support Devices": terms(
    "support devices?|(?:endotracheal|nasogastric|enteric|chest|feeding|tracheostomy) tubes?|catheters?|pacemakers?|lines? (?:and|or) tubes?|tubes? (?:and|or) lines?|central lines?|sternotomy wires?|icd",
  ),
};
