import { UserError } from "../../util/user-error.ts";
import { type CsvHeader, readCsv } from "../csv.ts";
import { CHEXPERT_IMAGES, CHEXPERT_STUDIES } from "./chexpert-tables.ts";
import type { CsvFormat } from "./csv-format.ts";
import { FOLDER_TABLE } from "./folder-table.ts";
import type { Inspection } from "./inspected-row.ts";
import { MIMIC_LABELS, MIMIC_METADATA } from "./mimic-tables.ts";
import { NIH_TABLE } from "./nih-table.ts";
import { SummaryBuilder, type TableSummary } from "./summary.ts";

/** The most telling first: no table of one of them has the columns of one before it. */
const FORMATS: readonly CsvFormat[] = [
  CHEXPERT_IMAGES,
  CHEXPERT_STUDIES,
  NIH_TABLE,
  MIMIC_METADATA,
  MIMIC_LABELS,
  FOLDER_TABLE,
];

/** A table's summary and what kind of table it is. */
export interface InspectedTable {
  readonly format: string;
  /** For people: "CheXpert's table of images". */
  readonly what: string;
  readonly summary: TableSummary;
}

/** Which of the known tables a CSV file is, by its columns. Throws UserError where it is none. */
export function csvFormatOf(file: string, header: CsvHeader): CsvFormat {
  const found = FORMATS.find((each) => each.matches(header));
  if (found === undefined) {
    throw new UserError(
      `${file}: not a table of MIMIC-CXR-JPG, CheXpert, NIH ChestX-ray14 or a plain folder; its columns are ${header.columns.join(", ")}`,
    );
  }
  return found;
}

/** Counts what a hospital's CSV table says, known by its columns. Throws UserError where it is none that is known. */
export async function inspectCsv(file: string): Promise<InspectedTable> {
  let format: CsvFormat | undefined;
  let builder: SummaryBuilder | undefined;
  await readCsv(file, [], (header) => {
    const found = csvFormatOf(file, header);
    const counting = new SummaryBuilder(found.unit);
    [format, builder] = [found, counting];
    const inspect: (row: Parameters<ReturnType<CsvFormat["start"]>>[0]) => Inspection = found.start(header);
    return (row) => counting.take(inspect(row));
  });
  if (format === undefined || builder === undefined) throw new Error(`${file}: read without a header`);
  return { format: format.name, what: format.what, summary: builder.finish() };
}
