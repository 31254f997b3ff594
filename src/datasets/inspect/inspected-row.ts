import type { LabelRow } from "../../labels/label.ts";
import type { ExclusionReason, ImageRecord, View } from "../record.ts";

/** What one row of a hospital's table says, as far as it says anything. */
export interface InspectedRow {
  /** Of the image, or of the study where the table is one of studies. */
  readonly id: string;
  /** Null where the table does not say whose it is. */
  readonly patient: string | null;
  /** Null where the table is one of studies. */
  readonly view: View | null;
  readonly sex: ImageRecord["sex"];
  readonly age: ImageRecord["age"];
  readonly labels: LabelRow;
  /** The hospital's own words for the findings, where it has some. */
  readonly findings?: readonly string[];
}

/** A row, or why it is not counted. */
export type Inspection =
  | { readonly kind: "row"; readonly row: InspectedRow }
  | { readonly kind: "set aside"; readonly reason: ExclusionReason };

/** A row that is not counted, with the reason. */
export function setAside(reason: ExclusionReason): Inspection {
  return { kind: "set aside", reason };
}
