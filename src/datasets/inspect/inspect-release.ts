import { countReasons } from "../../util/count-reasons.ts";
import type { HospitalSourceInput } from "../hospital-source.ts";
import { readHospital } from "../read-hospital.ts";
import type { InspectedTable } from "./inspect-csv.ts";
import { summarizeRecords } from "./inspect-parquet.ts";

/**
 * Counts what a hospital's reader makes of a release: the frontal images that have labels, and the rows it sets aside.
 * The images themselves are not looked at.
 */
export async function inspectRelease(source: HospitalSourceInput): Promise<InspectedTable> {
  const { records, excluded, sourceRows } = await readHospital({ ...source, images: "unchecked" });
  const summary = summarizeRecords(records);
  return {
    format: source.kind,
    what: `what the reader of ${source.kind} takes`,
    summary: { ...summary, rows: sourceRows, setAside: countReasons(excluded) },
  };
}
