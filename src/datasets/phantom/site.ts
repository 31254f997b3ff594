import type { Corner, ShortcutKind } from "./exposure.ts";
import type { FindingLabel } from "./finding.ts";

/** In whose file format a hospital is written. `folder` is one plain table beside one folder of pictures. */
export type SiteFormat = "mimic-cxr-jpg" | "chexpert" | "nih" | "folder";

/** A normal distribution. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** Switch 1, style: how pictures are taken. Says nothing about who is ill. */
export interface SiteStyle {
  /** Share of AP exposures; the rest are PA. */
  readonly apShare: number;
  readonly brightness: Spread;
  readonly contrast: Spread;
  /** Grain, in grey levels of 0 to 1: drawn evenly between the two. */
  readonly noise: readonly [low: number, high: number];
  readonly blur: readonly [low: number, high: number];
  /** Probability that a collimator is seen, and how much of the side it may shut at most, per edge. */
  readonly collimation: { readonly probability: number; readonly most: number };
  /** Lead letters: each is there with its probability, in its corner. */
  readonly markers: readonly {
    readonly text: string;
    readonly corner: Corner;
    readonly probability: number;
    readonly height: number;
  }[];
  /** Largest turn (radians), shift (share of the side) and change of scale of the patient to the plate. */
  readonly pose: { readonly turn: number; readonly shift: number; readonly scale: number };
}

/** Switch 2, prevalence: the share of studies that truly have each finding. */
export type Prevalence = Readonly<Record<FindingLabel, number>>;

/** Parents that a labeler may add, or leave out, where a more specific finding is written. */
export type Implications = Partial<
  Record<"Enlarged Cardiomediastinum" | "Lung Opacity", Partial<Record<FindingLabel, number>>>
>;

/** Switch 3, convention: what an error-free labeler of this hospital writes for what it saw. */
export interface Convention {
  /**
   * Share of studies with a positive child in which the parent is written too; with several children, one of them,
   * drawn by lot, decides. Where the parent is not written it is left blank, even if it is there by itself: a report
   * that names the consolidation does not go on to say "opacity". Children not named leave the parent to itself.
   */
  readonly implied: Implications;
  /** Share of what is seen that is written as uncertain: of the faintest, and of the plainest findings. */
  readonly hedge: { readonly faint: number; readonly plain: number };
  /** Share of what is absent that is written as absent, or as uncertain; the rest is left blank. */
  readonly negative: number;
  readonly doubt: number;
  /** Whether devices rule out No Finding. (They do in CheXpert's test truth: 0 of 62; not in its report labeler.) */
  readonly noFinding: "no pathology" | "nothing at all";
  /** NIH's names for the labels, some of which it has no name for. */
  readonly vocabulary: "chexpert" | "nih";
}

/** Switch 4, label noise: errors. Shares of present findings not seen, and of absent ones written as positive. */
export interface LabelNoise {
  readonly miss: { readonly faint: number; readonly plain: number };
  readonly invent: number;
}

/** Switch 5, a planted shortcut: a mark in the picture that goes with a true finding, as often as these shares say. */
export interface PlantedShortcut {
  readonly kind: ShortcutKind;
  readonly label: FindingLabel;
  readonly whenPresent: number;
  readonly whenAbsent: number;
}

/** A phantom hospital: five switches that act independently, and the outer form of its files. */
export interface PhantomSite {
  readonly name: string;
  /** Names the random streams of its patients. Two sites with one population have the same patients. */
  readonly population: string;
  readonly format: SiteFormat;
  readonly style: SiteStyle;
  readonly prevalence: Prevalence;
  readonly convention: Convention;
  readonly noise: LabelNoise;
  readonly shortcut: PlantedShortcut | null;
  /** Shares of patients in the validation and the test split; the rest train. */
  readonly splits: { readonly validate: number; readonly test: number };
  /** For a hospital whose training table was made by another labeler than its test labels (CheXpert). */
  readonly training?: { readonly convention: Convention; readonly noise: LabelNoise };
  /** Share of studies with a second frontal picture, and with a lateral one besides. */
  readonly secondFrontal: number;
  readonly laterals: number;
}
