import { byLabel, LABELS, type Label, type LabelRow, type LabelValue } from "./label.ts";

/**
 * How a label that is neither stated positive nor negative is read.
 * `uncertain` is CheXpert's choice (Irvin et al. 2019, section 3): U-Zeros reads -1 as negative, U-Ones as positive,
 * U-Ignore leaves it out. `blank` is a choice of its own: a label that the report does not mention is read as
 * negative, or left out.
 */
export interface LabelPolicy {
  readonly uncertain: "zeros" | "ones" | "ignore";
  readonly blank: "zero" | "ignore";
}

/** The paper's reading: only a stated 1 is positive; uncertain and blank count as negative. */
export const DEFAULT_POLICY: LabelPolicy = { uncertain: "zeros", blank: "zero" };

/** A label after a policy: positive, negative, or left out. */
export type TruthValue = 1 | 0 | null;

/** The truth of all 14 labels after a policy; null is left out of rewards and scores. */
export type TruthRow = Readonly<Record<Label, TruthValue>>;

/** One value under a policy. */
export function applyPolicy(value: LabelValue, policy: LabelPolicy): TruthValue {
  if (value === 1 || value === 0) return value;
  if (value === null) return policy.blank === "zero" ? 0 : null;
  if (policy.uncertain === "ignore") return null;
  return policy.uncertain === "ones" ? 1 : 0;
}

/**
 * A row under a policy. A label outside `stated` is null whatever the policy: a hospital that cannot say
 * "Fracture" has not said that there is none.
 */
export function truthRow(
  row: LabelRow,
  policy: LabelPolicy = DEFAULT_POLICY,
  stated: readonly Label[] = LABELS,
): TruthRow {
  const sayable = new Set(stated);
  return byLabel((label) => (sayable.has(label) ? applyPolicy(row[label], policy) : null));
}

/** The labels that are positive under a policy, in canonical order. */
export function positiveLabels(row: LabelRow, policy: LabelPolicy = DEFAULT_POLICY): Label[] {
  return LABELS.filter((label) => applyPolicy(row[label], policy) === 1);
}

/** Whether a row says nothing at all: all 14 labels blank. */
export function isBlankRow(row: LabelRow): boolean {
  return LABELS.every((label) => row[label] === null);
}
