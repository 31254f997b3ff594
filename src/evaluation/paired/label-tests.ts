import { LABELS, type Label } from "../../labels/label.ts";
import type { Estimate } from "../interval.ts";
import { labelsOf } from "../label-mask.ts";
import type { Prepared } from "../prepare.ts";
import { dirichletEstimates } from "../rare-label.ts";
import { type Averages, confusionOf, SUBSETS } from "../statistics.ts";
import { type Tally, totals } from "../tally.ts";
import { holm } from "./holm.ts";
import { type McNemar, mcnemar } from "./mcnemar.ts";
import type { PermutationResult } from "./permutation-test.ts";

interface AnyLabelTest {
  readonly label: Label;
  /** Positives in the truth. */
  readonly support: number;
  /** Of F1, model minus baseline. */
  readonly difference: number;
}

export interface TestedLabel extends AnyLabelTest {
  readonly outcome: "tested";
  /** Of the difference of F1, by permutation; and after Holm over all labels tested. */
  readonly p: number;
  readonly holm: number;
  /** McNemar's test of the label's positive images (sensitivity) and of its negative ones (specificity). */
  readonly positives: McNemar;
  readonly negatives: McNemar;
}

/** A label with fewer than 20 positives: its intervals, and no test, since none has a chance there. */
export interface DescribedLabel extends AnyLabelTest {
  readonly outcome: "described";
  readonly model: Averages<Estimate>;
  readonly baseline: Averages<Estimate>;
}

export type LabelTest = TestedLabel | DescribedLabel;

/** The tests of labels with at least 20 positives, corrected by Holm, and the description of the rarer ones. */
export function labelTests(
  own: Prepared,
  other: Prepared,
  results: readonly (PermutationResult & { readonly label: Label })[],
  level: number,
): LabelTest[] {
  const frequent = labelsOf(own.masks[SUBSETS.indexOf("frequent")] ?? 0);
  const family = results.flatMap(({ label, p }) =>
    p !== null && frequent.includes(label) ? [{ label, p }] : [],
  );
  const corrected = holm(family.map(({ p }) => p));
  return results.map(({ label, difference }): LabelTest => {
    const position = LABELS.indexOf(label);
    const counts = countsOf(own, position);
    const head = { label, support: counts.truePositive + counts.falseNegative, difference };
    const at = family.findIndex((member) => member.label === label);
    const found = family[at];
    if (found === undefined) {
      const estimates = (side: Prepared) => {
        const { n: readings, patients } = side.packed;
        return dirichletEstimates(countsOf(side, position), { patients, readings, level });
      };
      return { ...head, outcome: "described", model: estimates(own), baseline: estimates(other) };
    }
    const { truePositive, falsePositive } = own.tally.layout.closures.raw;
    return {
      ...head,
      outcome: "tested",
      p: found.p,
      holm: corrected[at] as number,
      positives: discordant(own.tally, other.tally, truePositive + position),
      // Where the baseline has more false alarms, the model reads more negatives right.
      negatives: discordant(other.tally, own.tally, falsePositive + position),
    };
  });
}

function countsOf({ tally }: Prepared, position: number) {
  return confusionOf(totals(tally), tally.layout.closures.raw, "as-empty", position);
}

/**
 * McNemar's test with patients as units: a patient with several images counts once, for the side with more of `column`.
 * With one image a patient it is the usual test.
 */
function discordant(one: Tally, other: Tally, column: number): McNemar {
  let [more, less] = [0, 0];
  for (let at = column; at < one.rows.length; at += one.layout.width) {
    const gain = (one.rows[at] as number) - (other.rows[at] as number);
    if (gain > 0) more++;
    else if (gain < 0) less++;
  }
  return mcnemar(more, less);
}
