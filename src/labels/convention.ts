import { CHEXPERT_CONVENTION } from "./chexpert.ts";
import { FOLDER_CONVENTION } from "./folder.ts";
import { LABELS, type Label } from "./label.ts";
import type { HospitalKind, LabelConvention } from "./label-mapping.ts";
import { MIMIC_CONVENTION } from "./mimic.ts";
import { NIH_CONVENTION, type NihOptions, nihStated } from "./nih.ts";

/** Each hospital's convention. */
export const CONVENTIONS: Readonly<Record<HospitalKind, LabelConvention>> = {
  mimic: MIMIC_CONVENTION,
  chexpert: CHEXPERT_CONVENTION,
  nih: NIH_CONVENTION,
  folder: FOLDER_CONVENTION,
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
