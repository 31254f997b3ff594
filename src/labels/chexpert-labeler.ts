import { LABELS, type Label } from "./label.ts";
import { type LabelMapping, sameName } from "./label-mapping.ts";

/**
 * What the CheXpert labeler counts as a mention of each label: the head of its phrase list
 * (github.com/stanfordmlgroup/chexpert-labeler, phrases/mention/<label>.txt). It is what the training labels of CheXpert
 * and of MIMIC-CXR-JPG mean by their names. Not covered: words that cancel a mention (phrases/unmention), negation and
 * hedging patterns.
 */
const PHRASES: Readonly<Record<Label, string>> = {
  "No Finding": "no list of its own: positive when nothing else is; no_finding.txt holds what rules it out",
  "Enlarged Cardiomediastinum":
    "cardiomediastinum, mediastinal configuration, mediastinal silhouette, contour",
  Cardiomegaly: "cardiomegaly, the heart, heart size, cardiac silhouette, enlarged heart",
  "Lung Opacity": "opaci-, airspace disease, infiltrate, infiltration, interstitial marking, scar",
  "Lung Lesion": "mass, nodule, nodular opacity, lump, cavitary lesion, carcinoma, tumor",
  Edema: "edema, heart failure, chf, vascular congestion, vascular prominence",
  Consolidation: "consolidat-",
  Pneumonia: "pneumonia, infection, infectious process",
  Atelectasis: "atelecta-, collapse",
  Pneumothorax: "pneumothorax, pneumothoraces",
  "Pleural Effusion": "pleural fluid, effusion",
  "Pleural Other": "pleural thickening, fibrosis, fibrothorax, pleural scar",
  Fracture: "fracture",
  "Support Devices": "pacer, line, picc, tube, valve, catheter, hardware, device, drain",
};

/** The 14 labels as the labeler means them. */
export const LABELER_MAPPING: readonly LabelMapping[] = LABELS.map((label) =>
  sameName(label, PHRASES[label]),
);

/** The labeler's rule for No Finding (stages/aggregate.py). */
export const LABELER_NO_FINDING =
  "Anything positive or uncertain but Support Devices, and any of the words in no_finding.txt (emphysema, hernia, " +
  "scoliosis, calcifi-, thickening, ...), which have no label of their own.";

/** What the labeler leaves unsaid, whatever the picture shows. */
export const LABELER_NEVER_SAYS: readonly string[] = [
  "No Finding is positive or blank, never negative or uncertain.",
  "What the report does not mention is blank, which is not negative.",
  "A label does not bring its parent along: in CheXpert's training table Cardiomegaly comes with Enlarged " +
    "Cardiomediastinum in 7 % of rows, in its test truth in 151 of 151.",
];
