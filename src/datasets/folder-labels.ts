import { isLabel, type Label, type LabelRow, type LabelValue, labelRow } from "../labels/label.ts";
import { labelColumnReader } from "../labels/label-columns.ts";
import type { CsvRow } from "./csv.ts";
import type { ExclusionReason } from "./record.ts";
import { saidLabels } from "./said-labels.ts";

/** What a row of a plain folder's table says of the labels, or why it says nothing that can be read. */
export type LabelReading =
  | { readonly kind: "labels"; readonly labels: LabelRow }
  | { readonly kind: "refused"; readonly reason: ExclusionReason; readonly detail: string };

/** Labels joined by `|` in the column `labels`; of the stated ones those not listed are negative. */
export function listedLabels(stated: readonly Label[]): (row: CsvRow) => LabelReading {
  return (row) => {
    const names = row.get("labels");
    if (names === "") return { kind: "refused", reason: "no label", detail: "labels is blank" };
    const listed = names.split("|").map((name) => name.trim());
    const unknown = listed.find((name) => !isLabel(name) || !stated.includes(name));
    if (unknown !== undefined) return { kind: "refused", reason: "unknown label", detail: unknown };
    return { kind: "labels", labels: listedRow(listed.filter(isLabel), stated) };
  };
}

/** A column a label. One that is not stated is not read: it would say more than the hospital can. */
export function columnLabels(stated: readonly Label[]): (row: CsvRow) => LabelReading {
  const readLabels = labelColumnReader((column) => stated.some((label) => label === column));
  return (row) => {
    const said = saidLabels(row, readLabels);
    if (said.kind === "labels") return said;
    return { kind: "refused", reason: "malformed row", detail: said.problem };
  };
}

function listedRow(listed: readonly Label[], stated: readonly Label[]): LabelRow {
  const values: Partial<Record<Label, LabelValue>> = {};
  for (const label of stated) values[label] = listed.includes(label) ? 1 : 0;
  return labelRow(values);
}
