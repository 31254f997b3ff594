import type { Label, LabelRow } from "../../labels/label.ts";
import { randomStream } from "../../util/random.ts";

/** NIH's name of each label; `null` where it has none, so that a picture with nothing else counts as No Finding. */
const NIH_NAMES: Readonly<Record<Exclude<Label, "No Finding" | "Lung Lesion">, string | null>> = {
  "Enlarged Cardiomediastinum": null,
  Cardiomegaly: "Cardiomegaly",
  "Lung Opacity": "Infiltration",
  Edema: "Edema",
  Consolidation: "Consolidation",
  Pneumonia: "Pneumonia",
  Atelectasis: "Atelectasis",
  Pneumothorax: "Pneumothorax",
  "Pleural Effusion": "Effusion",
  "Pleural Other": "Pleural_Thickening",
  Fracture: null,
  "Support Devices": null,
};
/** Findings that NIH names and the 14 labels do not, and the share of reports whose mining yields them. */
const BESIDES = [
  ["Emphysema", 0.022],
  ["Fibrosis", 0.015],
  ["Hernia", 0.004],
] as const;
/** A lesion wider than 3 cm is a mass: here, one over this severity. */
const MASS = 0.55;

/** A study's labels as NIH writes them: its names in alphabetical order joined by `|`, or `No Finding`. */
export function nihFindingLabels(
  labels: LabelRow,
  lesionSeverity: number | undefined,
  seed: number,
  names: readonly (string | number)[],
): string {
  const found: string[] = [];
  for (const [label, name] of Object.entries(NIH_NAMES)) {
    if (name !== null && labels[label as keyof typeof NIH_NAMES] === 1) found.push(name);
  }
  const random = randomStream(seed, ...names, "nih");
  const invented = random.uniform();
  if (labels["Lung Lesion"] === 1) {
    found.push((lesionSeverity ?? invented) > MASS ? "Mass" : "Nodule");
  }
  for (const [name, share] of BESIDES) if (random.chance(share)) found.push(name);
  return found.length === 0 ? "No Finding" : found.sort().join("|");
}
