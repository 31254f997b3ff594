import { LABELS } from "./label.ts";
import { type LabelConvention, sameName } from "./label-mapping.ts";

/** A plain folder: whatever its owner's table says. */
export const FOLDER_CONVENTION: LabelConvention = {
  kind: "folder",
  source: "The table's makers, of whose ways nothing is known.",
  values: "names joined by | (those not listed count as absent), or a column a label with 1, 0, -1 or blank",
  stated: LABELS,
  mapping: LABELS.map((label) => sameName(label)),
  rulesOutNoFinding: "Nothing here: No Finding is what the table says it is.",
  neverSays: ["Whatever is not in the source's `stated` list; say there which labels were looked for."],
};
