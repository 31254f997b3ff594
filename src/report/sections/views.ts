import type { Evaluation } from "../../evaluation/evaluate.ts";
import type { Estimate } from "../../evaluation/interval.ts";
import type { FailedAs, SubsetName, View } from "../../evaluation/statistics.ts";
import type { ClosureName } from "../../evaluation/tally.ts";
import type { Label } from "../../labels/label.ts";
import type { ReportInput } from "../report-input.ts";

/** One of an evaluation's or comparison's views. */
export function viewOf(
  of: { readonly views: readonly View<Estimate>[] },
  labels: SubsetName,
  closure: ClosureName = "raw",
  failed: FailedAs = "as-empty",
): View<Estimate> {
  const found = of.views.find((v) => v.labels === labels && v.closure === closure && v.failed === failed);
  if (found === undefined) throw new Error(`report: no view ${labels}, ${closure}, ${failed}`);
  return found;
}

/** A hospital's evaluations in the order in which the input lists the models. */
export function evaluationsOn(input: ReportInput, hospital: string): Evaluation[] {
  return input.models.flatMap(({ id }) =>
    input.evaluations.filter(({ model, data }) => model === id && data === hospital),
  );
}

const UNDEFINED: Estimate = { value: null, low: null, high: null };

/** A score of one label, as written, failed answers as empty; not defined where the hospital does not state it. */
export function labelScore(
  { perLabel }: Pick<Evaluation, "perLabel">,
  label: Label,
  score: "precision" | "recall" | "f1",
): Estimate {
  const raw = perLabel.find(({ closure, failed }) => closure === "raw" && failed === "as-empty");
  return raw?.labels.find((entry) => entry.label === label)?.[score] ?? UNDEFINED;
}
