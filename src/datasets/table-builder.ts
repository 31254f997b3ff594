import path from "node:path";
import { isBlankRow } from "../labels/policy.ts";
import { checkImages, type ImageChecking } from "./check-images.ts";
import type { ExcludedRow, ExclusionReason, HospitalTable, ImageRecord } from "./record.ts";

/** Where a record comes from: the table's name and the 1-based line. */
export interface RowPlace {
  readonly file: string;
  readonly row: number;
}

/** A record with the place of its row. */
export interface PlacedRecord extends RowPlace {
  readonly record: ImageRecord;
}

/** Why a row is no record. */
export type Refusal = Pick<ExcludedRow, "id" | "reason" | "detail">;

/** What a reader makes of a row. */
export type RowVerdict =
  | { readonly kind: "record"; readonly record: ImageRecord }
  | ({ readonly kind: "refused" } & Refusal);

/** A row that is no record, with the reason. */
export function refuse(id: string, reason: ExclusionReason, detail: string): RowVerdict {
  return { kind: "refused", id, reason, detail };
}

/** Gathers a reader's rows so that each ends in exactly one place: a record, or an exclusion with its reason. */
export class TableBuilder {
  private readonly root: string;
  private readonly placed = new Map<string, PlacedRecord>();
  private readonly excluded: ExcludedRow[] = [];
  private sourceRows = 0;

  constructor(root: string) {
    this.root = root;
  }

  /** The name under which a table appears in `excluded.csv`: relative to the root. */
  nameOf(file: string): string {
    return path.relative(this.root, file).split(path.sep).join("/");
  }

  /** One source row. Blank labels and a second row of the same id become refusals here. */
  take(place: RowPlace, verdict: RowVerdict): void {
    this.sourceRows++;
    if (verdict.kind === "refused") {
      const { id, reason, detail } = verdict;
      this.excluded.push({ file: place.file, row: place.row, id, reason, detail });
      return;
    }
    const { record } = verdict;
    if (isBlankRow(record.labels)) {
      this.excluded.push({ ...place, id: record.id, reason: "no label", detail: "all 14 labels are blank" });
      return;
    }
    const first = this.placed.get(record.id);
    if (first !== undefined) {
      const detail = duplicateDetail(first, record);
      this.excluded.push({ ...place, id: record.id, reason: "duplicate row", detail });
      return;
    }
    this.placed.set(record.id, { file: place.file, row: place.row, record });
  }

  /** Looks at the images as asked and closes the table. `rowsRead` is what the reader counted by itself. */
  async finish(
    rowsRead: number,
    checking: ImageChecking,
    onProgress?: ImageProgress,
  ): Promise<HospitalTable> {
    const checked = await checkImages(this.root, [...this.placed.values()], checking, onProgress);
    const { good, bad, decoded } = checked;
    const records = good.map(({ record }) => record);
    const excluded = [...this.excluded, ...bad];
    const accounted = records.length + excluded.length;
    if (accounted !== rowsRead || this.sourceRows !== rowsRead) {
      throw new Error(
        `reader lost rows: ${rowsRead} read, ${this.sourceRows} taken, ${accounted} accounted for`,
      );
    }
    return { records, excluded, sourceRows: rowsRead, ...decoded };
  }
}

/** Called after every image looked at. */
export type ImageProgress = (done: number, total: number) => void;

function duplicateDetail(first: PlacedRecord, record: ImageRecord): string {
  const same = JSON.stringify(first.record) === JSON.stringify(record);
  return `line ${first.row} has this image already, ${same ? "with the same content" : "with other content; that one is kept"}`;
}
