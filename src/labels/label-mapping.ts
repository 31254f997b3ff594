import type { Label } from "./label.ts";

/** What a hospital's own word means in terms of the 14 labels. */
export interface LabelMapping {
  /** The hospital's name for it, to the letter. */
  readonly finding: string;
  /** The label it means, or null when no label does. */
  readonly label: Label | null;
  /**
   * `matched`: read always, and comparable between hospitals. `wider`: it maps, but the two hospitals mean different
   * things by it, so it is read only on request. `none`: no label means it.
   */
  readonly scope: "matched" | "wider" | "none";
  /** Why it means that. */
  readonly evidence: string;
}

/** The hospitals whose files can be read, each with its own way of labelling. */
export const HOSPITAL_KINDS = ["mimic", "chexpert", "nih", "folder"] as const;
export type HospitalKind = (typeof HOSPITAL_KINDS)[number];

/** How a hospital's table came to its labels, and what it can say at all. */
export interface LabelConvention {
  readonly kind: HospitalKind;
  /** Where the labels come from, for the report. */
  readonly source: string;
  /** What a cell can say, as the table writes it. */
  readonly values: string;
  /** Labels that the hospital can state. Of the others it says nothing, not "negative". */
  readonly stated: readonly Label[];
  /** Every word of the hospital's and what it means here. */
  readonly mapping: readonly LabelMapping[];
  /** What keeps No Finding from being positive. */
  readonly rulesOutNoFinding: string;
  /** What this hospital's labels never say, so that its absence is no evidence. */
  readonly neverSays: readonly string[];
}

/** A label that a hospital writes under the ontology's own name. */
export function sameName(label: Label, evidence = "same name"): LabelMapping {
  return { finding: label, label, scope: "matched", evidence };
}
