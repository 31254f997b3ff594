import path from "node:path";
import type { Label } from "../../labels/label.ts";
import { UserError } from "../../util/user-error.ts";
import type { Reading, ReadingSet } from "../reading.ts";
import type { LabelFile, LabelFileRow } from "./label-file.ts";
import { patientOfKey } from "./patient-of-key.ts";

/** Where the patients were taken from. */
export type PatientSource = "a column of the truth" | "a column of the predictions" | "the path";

export interface JoinedFiles {
  readonly set: ReadingSet;
  /** The predictions' rows, in the order of the readings. */
  readonly rows: readonly LabelFileRow[];
  readonly patientsFrom: PatientSource;
}

/**
 * Every row of the predictions beside its truth. Where the truth is of studies and the predictions of images, an image
 * has the truth of the study whose folder it lies in. Nothing is left over on either side, or it is an error.
 */
export function joinFiles(truth: LabelFile, predictions: LabelFile, labels: readonly Label[]): JoinedFiles {
  const truths = new Map(truth.rows.map((row) => [row.key, row]));
  const unread = new Set(truths.keys());
  const within = (named: readonly Label[]): Label[] => labels.filter((label) => named.includes(label));
  const sources = new Set<PatientSource>();
  const readings = predictions.rows.map((row): Reading => {
    const key = truths.has(row.key) ? row.key : path.posix.dirname(row.key);
    const of = truths.get(key);
    if (of === undefined) {
      throw new UserError(
        `${predictions.file}: ${row.key} has no row in ${truth.file}; give its truth, or leave it away`,
      );
    }
    unread.delete(key);
    const [patient, source] = patientOf(of, row, predictions.file);
    sources.add(source);
    return {
      id: row.key,
      patient,
      truth: within(of.positive ?? []),
      predicted: row.positive === null ? null : within(row.positive),
      failure: row.failure,
    };
  });
  const [missing] = unread;
  if (missing !== undefined) {
    throw new UserError(
      `${predictions.file}: no prediction for ${missing} and ${unread.size - 1} more rows of ${truth.file}; predict them, or leave them away there`,
    );
  }
  const [patientsFrom = "the path"] = sources;
  return {
    set: { model: predictions.file, data: truth.file, stated: labels, readings },
    rows: predictions.rows,
    patientsFrom,
  };
}

function patientOf(truth: LabelFileRow, own: LabelFileRow, file: string): [string, PatientSource] {
  if (truth.patient) return [truth.patient, "a column of the truth"];
  if (own.patient) return [own.patient, "a column of the predictions"];
  const patient = patientOfKey(own.key) ?? patientOfKey(truth.key);
  if (patient === null) {
    throw new UserError(
      `${file}: ${own.key} does not say which patient it is of, and patients are what is drawn for intervals; add a column "patient" to the truth`,
    );
  }
  return [patient, "the path"];
}
