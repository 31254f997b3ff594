import { LABELS, type Label } from "./label.ts";
import { NIH_STATED, type NihOptions, nihStated } from "./nih.ts";

/** The hospitals whose files can be read, each with its own way of labelling. */
export const HOSPITAL_KINDS = ["mimic", "chexpert", "nih", "folder"] as const;
export type HospitalKind = (typeof HOSPITAL_KINDS)[number];

/** How a hospital's table came to its labels, and what it can say at all. */
export interface LabelConvention {
  readonly kind: HospitalKind;
  /** Labels that the hospital can state. Of the others it says nothing, not "negative". */
  readonly stated: readonly Label[];
  /** Whether the table distinguishes uncertain (-1) and not mentioned (blank) from negative. */
  readonly uncertainAndBlank: boolean;
  /** Where the labels come from, in a sentence for the report. */
  readonly source: string;
}

/** Each hospital's convention. */
export const CONVENTIONS: Readonly<Record<HospitalKind, LabelConvention>> = {
  mimic: {
    kind: "mimic",
    stated: LABELS,
    uncertainAndBlank: true,
    source: "The CheXpert (or NegBio) labeler on the report of the study; a label not mentioned is blank.",
  },
  chexpert: {
    kind: "chexpert",
    stated: LABELS,
    uncertainAndBlank: true,
    source:
      "Training: the CheXpert labeler on the report. Validation and test: radiologists reading the images, " +
      "every label 1 or 0, closed upward in the hierarchy.",
  },
  nih: {
    kind: "nih",
    stated: NIH_STATED,
    uncertainAndBlank: false,
    source: "Findings mined from the report; what is not listed counts as absent.",
  },
  folder: {
    kind: "folder",
    stated: LABELS,
    uncertainAndBlank: false,
    source: "The labels listed in the table; what is not listed counts as absent.",
  },
};

/** The labels that a hospital can state, in canonical order. */
export function statedLabels(kind: HospitalKind, nih?: NihOptions): readonly Label[] {
  return kind === "nih" ? nihStated(nih) : CONVENTIONS[kind].stated;
}

/**
 * The labels that every hospital can state, given what each can, in canonical order: what a comparison between them may
 * use. None where there is no hospital.
 */
export function matchedLabels(stated: readonly (readonly Label[])[]): Label[] {
  if (stated.length === 0) return [];
  return LABELS.filter((label) => stated.every((labels) => labels.includes(label)));
}
