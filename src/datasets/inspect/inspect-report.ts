import type { Label } from "../../labels/label.ts";
import type { LabelCount } from "../../labels/label-tally.ts";
import type { InspectedTable } from "./inspect-csv.ts";
import { type LabelPair, labelPairs } from "./label-pairs.ts";
import type { TableSummary } from "./summary.ts";

/** A table's summary as one JSON object: `chexreason data inspect --json`. */
export interface InspectReport
  extends Pick<
    TableSummary,
    "rows" | "patients" | "frontal" | "setAside" | "views" | "sex" | "age" | "findings"
  > {
  readonly schema: "chexreason.data/1";
  /** The file or folder, as it was given. */
  readonly source: string;
  readonly format: string;
  readonly what: string;
  /** Null where the table is one of studies. */
  readonly images: number | null;
  /** Null where the table is one of images. */
  readonly studies: number | null;
  /** Of images, or of studies where there are no images. The four counts of a label add up to all of them. */
  readonly labels: Readonly<Record<Label, LabelCount>>;
  readonly pairs: readonly LabelPair[];
}

/** What was found in a table, for `--json` and for the terminal. */
export function inspectReport(source: string, { format, what, summary }: InspectedTable): InspectReport {
  const { unit, counted, rows, patients, frontal, setAside, views, sex, age, findings, tally } = summary;
  return {
    schema: "chexreason.data/1",
    source,
    format,
    what,
    images: unit === "image" ? counted : null,
    studies: unit === "study" ? counted : null,
    patients,
    frontal,
    rows,
    setAside,
    labels: tally.labels,
    pairs: labelPairs(tally),
    views,
    sex,
    age,
    findings,
  };
}
