import type { LabelRow } from "../labels/label.ts";

/**
 * The view of a radiograph. `frontal` is AP or PA, the table does not say which; `unknown` is a view that the table
 * leaves blank or names in a way no reader knows.
 */
export const VIEWS = ["AP", "PA", "frontal", "lateral", "unknown"] as const;
export type View = (typeof VIEWS)[number];

/** Who may see a record, and everything made from it. `credentialed` never leaves this machine unattested. */
export const LICENCE_CLASSES = ["synthetic", "open", "no-redistribution", "credentialed"] as const;
export type LicenceClass = (typeof LICENCE_CLASSES)[number];

/** One radiograph as its hospital's files describe it: the one form that every reader yields. */
export interface ImageRecord {
  /** Unique within its hospital, e.g. MIMIC's dicom_id or NIH's file name. */
  readonly id: string;
  /** Unique within its hospital; the unit of every split and every interval. */
  readonly patient: string;
  readonly study: string;
  /** Relative to the hospital's data root, with forward slashes. */
  readonly image: string;
  readonly view: View;
  readonly sex: "F" | "M" | null;
  /** Years; null when unknown. */
  readonly age: number | null;
  /** The hospital's name in study.yaml, e.g. `phantom-mimic`. */
  readonly site: string;
  readonly licence: LicenceClass;
  readonly labels: LabelRow;
}

/** A source row that is not in the table, and why. Nothing is dropped without one. */
export interface ExcludedRow {
  /** The file the row stands in, relative to the data root. */
  readonly file: string;
  /** 1-based line of the row; 0 when the source is not a line (a missing image, say). */
  readonly row: number;
  readonly id: string;
  readonly reason: ExclusionReason;
  readonly detail: string;
}

export const EXCLUSION_REASONS = [
  "lateral view",
  "unknown view",
  "missing file",
  "unreadable image",
  "no label",
  "unknown label",
  "duplicate row",
  "path outside root",
  "not in split",
  "malformed row",
] as const;
export type ExclusionReason = (typeof EXCLUSION_REASONS)[number];

/** What a reader gives back: every source row is in exactly one of the two. */
export interface HospitalTable {
  readonly records: readonly ImageRecord[];
  readonly excluded: readonly ExcludedRow[];
  /**
   * Rows read from the source; equals records.length + excluded.length. Where the source is a table of studies
   * (CheXpert's test truth), a row is an image of a study, or the study itself when it has none.
   */
  readonly sourceRows: number;
  /** `pixelHash` of each record's picture by the record's id, where the images were decoded. */
  readonly hashes?: ReadonlyMap<string, string>;
  /** Where the images were decoded and findings are kept: what was known already. */
  readonly verification?: KeptFindings;
}

/** What a file of kept findings gave. */
export interface KeptFindings {
  /** Files that were not opened, since they are as they were. */
  readonly reused: number;
  /** Lines that could not be read, as one that a killed run was writing. */
  readonly damagedLines: number;
}
