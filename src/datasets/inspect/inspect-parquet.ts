import { LABELS } from "../../labels/label.ts";
import { parquetColumns } from "../../util/parquet.ts";
import { UserError } from "../../util/user-error.ts";
import type { ImageRecord } from "../record.ts";
import { readTable } from "../table-file.ts";
import type { InspectedTable } from "./inspect-csv.ts";
import { SummaryBuilder, type TableSummary } from "./summary.ts";

/** Counts what a table says that `chexreason data` wrote. The mirror of NIH is inspected as a folder. */
export async function inspectParquet(file: string): Promise<InspectedTable> {
  const columns = new Set(await parquetColumns(file, "a table of images"));
  if (!["id", "patient", "licence", ...LABELS].every((column) => columns.has(column))) {
    throw new UserError(
      `${file}: not a table that chexreason wrote (it has ${[...columns].join(", ")}); give the folder of a hospital's release instead`,
    );
  }
  const records = await readTable(file);
  return { format: "chexreason", what: "chexreason's table of images", summary: summarizeRecords(records) };
}

/** Counts what records say. */
export function summarizeRecords(records: readonly ImageRecord[]): TableSummary {
  const builder = new SummaryBuilder("image");
  for (const row of records) builder.take({ kind: "row", row });
  return builder.finish();
}
