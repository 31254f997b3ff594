import { canonicalOrder, type Label, type LabelRow, type LabelValue, labelRow } from "./label.ts";
import { type LabelConvention, type LabelMapping, sameName } from "./label-mapping.ts";

/**
 * NIH ChestX-ray14 (Wang et al. 2017): its finding names in terms of the 14 CheXpert labels. Evidence for each: the
 * phrase lists of the CheXpert labeler (github.com/stanfordmlgroup/chexpert-labeler, phrases/mention/*.txt), which say
 * under which label it would count the same word in a report. All 15 values of "Finding Labels"; every finding rules
 * out No Finding, also those that no label means.
 */
export const NIH_MAPPING: readonly LabelMapping[] = [
  sameName("No Finding"),
  sameName("Cardiomegaly"),
  sameName("Edema"),
  sameName("Consolidation"),
  sameName("Pneumonia"),
  sameName("Atelectasis"),
  sameName("Pneumothorax"),
  { finding: "Mass", label: "Lung Lesion", scope: "matched", evidence: "lung_lesion: mass" },
  { finding: "Nodule", label: "Lung Lesion", scope: "matched", evidence: "lung_lesion: nodule" },
  {
    finding: "Pleural_Thickening",
    label: "Pleural Other",
    scope: "matched",
    evidence: "pleural_other: pleural thickening",
  },
  { finding: "Effusion", label: "Pleural Effusion", scope: "wider", evidence: "pleural_effusion: effusion" },
  { finding: "Infiltration", label: "Lung Opacity", scope: "wider", evidence: "lung_opacity: infiltration" },
  {
    finding: "Fibrosis",
    label: null,
    scope: "none",
    evidence: "pleural_other: fibrosis, but NIH means the lung's",
  },
  { finding: "Emphysema", label: null, scope: "none", evidence: "no_finding: emphysema rules it out" },
  { finding: "Hernia", label: null, scope: "none", evidence: "no_finding: hernia rules it out" },
];

/** What to read beyond the nine shared labels. Both off by default, as in the paper. */
export interface NihOptions {
  /** Read Effusion as Pleural Effusion and Infiltration as Lung Opacity. */
  readonly wider?: boolean | undefined;
  /** Read Fibrosis as Pleural Other, as the CheXpert labeler would. */
  readonly fibrosisAsPleuralOther?: boolean | undefined;
}

const BY_FINDING = new Map(NIH_MAPPING.map((mapping) => [mapping.finding, mapping]));

/** The nine labels that NIH shares with CheXpert: what it can state unless `wider` is asked for. */
export const NIH_STATED: readonly Label[] = nihStated();

/** The labels that NIH can state under the given options, in canonical order. */
export function nihStated(options: NihOptions = {}): readonly Label[] {
  const labels = NIH_MAPPING.filter(
    ({ scope }) => scope === "matched" || (options.wider && scope === "wider"),
  );
  return canonicalOrder(labels.flatMap(({ label }) => (label === null ? [] : [label])));
}

/** A row read from NIH's finding names, or the first name that is not one of the 15. */
export type NihReading =
  | { readonly kind: "row"; readonly row: LabelRow }
  | { readonly kind: "unknown"; readonly finding: string };

/**
 * NIH's findings as a row: 1 for a listed label, 0 for another that NIH can state, null for the rest. Total.
 * An image with only findings outside the nine is an empty set (all 0), not No Finding; and No Finding beside
 * any finding is read as 0.
 */
export function readNihFindings(findings: readonly string[], options: NihOptions = {}): NihReading {
  const unknown = findings.find((finding) => !BY_FINDING.has(finding));
  if (unknown !== undefined) return { kind: "unknown", finding: unknown };
  const stated = nihStated(options);
  const values: Partial<Record<Label, LabelValue>> = {};
  for (const label of stated) values[label] = 0;
  for (const finding of findings) {
    const label = meaning(finding, options);
    if (label !== null && stated.includes(label)) values[label] = 1;
  }
  if (findings.some((finding) => finding !== "No Finding")) values["No Finding"] = 0;
  return { kind: "row", row: labelRow(values) };
}

function meaning(finding: string, options: NihOptions): Label | null {
  if (finding === "Fibrosis" && options.fibrosisAsPleuralOther) return "Pleural Other";
  return BY_FINDING.get(finding)?.label ?? null;
}

/** How NIH's table came to its labels. The mapping is that of the paper's nine shared labels. */
export const NIH_CONVENTION: LabelConvention = {
  kind: "nih",
  source: "Findings mined from the report by NIH's own text mining; what is not listed counts as absent.",
  values: "the findings' names joined by |, or No Finding",
  stated: NIH_STATED,
  mapping: NIH_MAPPING,
  rulesOutNoFinding:
    "Any finding, also those outside the nine: 17,381 images have such findings only and are an empty set of labels, " +
    "not No Finding.",
  neverSays: [
    "Uncertain or not mentioned: a finding is listed or it is not.",
    "Enlarged Cardiomediastinum, Fracture and Support Devices: it has no word for them.",
  ],
};
