import { labelRow } from "../../labels/label.ts";
import type { ImageRecord } from "../record.ts";

/** A record for specs: a frontal radiograph of a patient of its own, its labels blank, but for the changes. */
export function exampleRecord(changes: Partial<ImageRecord> = {}): ImageRecord {
  const { id = "r1" } = changes;
  return {
    id,
    patient: `patient of ${id}`,
    study: id,
    image: `images/${id}.png`,
    view: "AP",
    sex: null,
    age: null,
    site: "phantom-mimic",
    licence: "synthetic",
    labels: labelRow({}),
    ...changes,
  };
}
