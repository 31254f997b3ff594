import { readCsv } from "../../datasets/csv.ts";
import { csvFormatOf } from "../../datasets/inspect/inspect-csv.ts";
import type { Inspection } from "../../datasets/inspect/inspected-row.ts";
import { readTable } from "../../datasets/table-file.ts";
import type { Label } from "../../labels/label.ts";
import { positiveLabels } from "../../labels/policy.ts";
import { UserError } from "../../util/user-error.ts";

/** The truths of a table's rows, lateral views left out, and what became of the others. */
export interface TableTruths {
  readonly rows: number;
  /** Rows left out, by reason. */
  readonly setAside: Readonly<Record<string, number>>;
  /** Rows without a positive label: no reward is defined for them. */
  readonly withoutPositive: number;
  /** Positive labels of each other row; uncertain and blank are not positive. */
  readonly truths: readonly (readonly Label[])[];
}

/**
 * Reads the labels of a bare table: a hospital's CSV (gzip too), or a Parquet table of chexreason's. No image is looked
 * at. A second row of one image is left out.
 * @throws UserError when it is none of the known tables, or no row has a positive label
 */
export async function readTruths(file: string): Promise<TableTruths> {
  const truths: Label[][] = [];
  const setAside: Record<string, number> = {};
  const ids = new Set<string>();
  const left = { rows: 0, withoutPositive: 0 };
  const aside = (reason: string): void => {
    setAside[reason] = (setAside[reason] ?? 0) + 1;
  };
  const take = (inspection: Inspection): void => {
    left.rows += 1;
    if (inspection.kind === "set aside") aside(inspection.reason);
    else if (inspection.row.view === "lateral") aside("lateral view");
    else if (ids.has(inspection.row.id)) aside("duplicate row");
    else {
      ids.add(inspection.row.id);
      const truth = positiveLabels(inspection.row.labels);
      if (truth.length === 0) left.withoutPositive += 1;
      else truths.push(truth);
    }
  };
  if (/\.parquet$/i.test(file)) for (const row of await readTable(file)) take({ kind: "row", row });
  else
    await readCsv(file, [], (header) => {
      const inspect = csvFormatOf(file, header).start(header);
      return (row) => take(inspect(row));
    });
  if (truths.length === 0)
    throw new UserError(
      `${file}: none of ${left.rows} rows has a positive label, so there is nothing to pay for`,
    );
  return { ...left, setAside, truths };
}
