import type { ResultsRow, RowRemarks } from "../../evaluation/results-table.ts";
import { TRIVIAL_READER_IDS } from "../../evaluation/trivial-readers.ts";
import type { PaperTable, TableCell } from "./paper-table.ts";

/**
 * A study's variants in the form of the paper's Tables 2 to 4, one a hospital: formats, or rewards and checkpoints, are
 * variants of one study, and so are two base models.
 */
export function variantTables(rows: readonly (ResultsRow & Partial<RowRemarks>)[]): PaperTable[] {
  return [...new Set(rows.map(({ data }) => data))].map((data) => {
    const own = rows.filter((row) => row.data === data);
    const isScored = own.some(({ labelScores }) => labelScores !== null);
    const matchedOf = (model: string) => own.find((row) => row.labels === "matched" && row.model === model);
    return {
      number: "2 to 4",
      title: `Variants, ${data}`,
      note: [sideBySide(own), remarksOf(own)].filter((part) => part !== "").join(" "),
      head: [
        "Variant and model",
        "Micro precision",
        "Micro recall",
        "Micro-F1",
        "Macro precision",
        "Macro recall",
        "Macro-F1",
        "Macro-F1, matched",
        "Jaccard, valid answers",
        "Failed answers",
        ...(isScored ? ["AUROC", "Calibration error"] : []),
      ],
      rows: own
        .filter(({ labels }) => labels === "all")
        .map((row): TableCell[] => [
          `${row.model}${marksOf(row)}`,
          row.microPrecision,
          row.microRecall,
          row.microF1,
          row.macroPrecision,
          row.macroRecall,
          row.macroF1,
          matchedOf(row.model)?.macroF1 ?? "",
          row.jaccardValid,
          row.failureRateInterval,
          ...(isScored ? [row.labelScores?.auroc ?? "", row.labelScores?.calibrationError ?? ""] : []),
        ]),
    };
  });
}

/** " ‡ (best of 5)": what stands behind a row's name. */
function marksOf({ contaminations = [], bestOf = null }: Partial<RowRemarks>): string {
  return `${contaminations.length === 0 ? "" : " ‡"}${bestOf === null ? "" : ` (${bestOf.text})`}`;
}

/** Who picks a row by these numbers has picked it on the test set. */
function sideBySide(rows: readonly ResultsRow[]): string {
  const blind: readonly string[] = TRIVIAL_READER_IDS;
  const k = rows.filter(({ labels, model }) => labels === "all" && !blind.includes(model)).length;
  return k < 2 ? "" : `${k} rows side by side on these images: the best of them is the best of ${k}.`;
}

/** What the mark ‡ says, a sentence each. */
function remarksOf(rows: readonly (ResultsRow & Partial<RowRemarks>)[]): string {
  const said = rows.flatMap(({ labels, model, contaminations = [] }) =>
    labels === "all" ? contaminations.map((text) => ({ model, text })) : [],
  );
  return [...new Set(said.map(({ text }) => text))]
    .map((text) => {
      const models = said.filter((other) => other.text === text).map(({ model }) => model);
      return `‡ ${models.join(", ")}: ${text}.`;
    })
    .join(" ");
}
