import { statedLabels } from "../../labels/convention.ts";
import { canonicalOrder, type Label } from "../../labels/label.ts";
import { UserError } from "../../util/user-error.ts";
import { type LabelFile, labelOf } from "./label-file.ts";

/**
 * The labels to score. `shared`: those that every file has a column for. `all`: those of the truth, which every file
 * must have. `nih`: of the shared ones, the nine that NIH ChestX-ray14 can state. Else names, separated by commas.
 */
export function chooseLabels(choice: string, truth: LabelFile, others: readonly LabelFile[]): Label[] {
  const shared = truth.labels.filter((label) => others.every(({ labels }) => labels.includes(label)));
  const chosen = ((): Label[] => {
    if (choice === "shared") return shared;
    if (choice === "all") return [...truth.labels];
    if (choice === "nih") return shared.filter((label) => statedLabels("nih").includes(label));
    return canonicalOrder(choice.split(",").map((name) => labelOf(name.trim())));
  })();
  for (const label of chosen) {
    const lacking = [truth, ...others].find(({ labels }) => !labels.includes(label));
    if (lacking !== undefined) {
      throw new UserError(
        `${lacking.file}: no column ${label}, which --labels ${choice} asks for; use --labels shared`,
        2,
      );
    }
  }
  if (chosen.length === 0) {
    throw new UserError(
      `--labels ${choice}: no such label is in all of ${[truth, ...others].map(({ file }) => file).join(", ")}`,
      2,
    );
  }
  return chosen;
}
