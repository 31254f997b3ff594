import { LEVEL, RESAMPLES, type ResamplingOptions } from "../estimate-tree.ts";
import type { FailedAs } from "../label-sheet.ts";
import type { Prepared } from "../prepare.ts";
import { type Statistic, type SubsetName, scoreTree } from "../statistics.ts";
import type { ClosureName } from "../tally.ts";
import { type LabelTest, labelTests } from "./label-tests.ts";
import { permutationTest } from "./permutation-test.ts";

/** Two-sided p values of two models reading equally well; labels as written, failed answers as empty. */
export interface PairedTests {
  readonly method: "paired permutation of whole patients";
  readonly permutations: number;
  readonly seed: number;
  readonly macroF1: Readonly<Record<SubsetName, number | null>>;
  readonly microF1: Readonly<Record<SubsetName, number | null>>;
  readonly labels: readonly LabelTest[];
}

/**
 * Tests a model against a baseline. Both sides must be prepared with the same failure reasons, of the same images.
 * `options.resamples` is the number of permutations.
 */
export function pairedTests(own: Prepared, other: Prepared, options: ResamplingOptions): PairedTests {
  const { resamples: permutations = RESAMPLES, seed = 0, level = LEVEL } = options;
  const tree = scoreTree<Statistic>(own.tally.layout, own.masks, [], (statistic) => statistic);
  const isMain = (of: { closure: ClosureName; failed: FailedAs }) =>
    of.closure === "raw" && of.failed === "as-empty";
  const views = tree.views.filter(isMain);
  const labels = tree.perLabel.find(isMain)?.labels ?? [];
  const macro = views.map((view) => view.macro.f1);
  const micro = views.map((view) => view.micro.f1);
  const statistics = [...macro, ...micro, ...labels.map(({ f1 }) => f1)];
  const results = permutationTest(own.tally, other.tally, statistics, { permutations, seed });
  const ofLabels = results.slice(macro.length + micro.length);
  const bySubset = (from: number) =>
    Object.fromEntries(views.map((view, index) => [view.labels, results[from + index]?.p ?? null])) as Record<
      SubsetName,
      number | null
    >;
  return {
    method: "paired permutation of whole patients",
    permutations,
    seed,
    macroF1: bySubset(0),
    microF1: bySubset(macro.length),
    labels: labelTests(
      own,
      other,
      labels.flatMap(({ label }, index) => {
        const result = ofLabels[index];
        return result === undefined ? [] : [{ label, ...result }];
      }),
      level,
    ),
  };
}
