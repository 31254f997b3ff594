import type { Estimate } from "../evaluation/interval.ts";
import type { SeedsRow } from "../evaluation/seeds-rows.ts";
import type { Inconclusive, RecipeTransfer } from "../evaluation/transfer/transfer.ts";
import type { Verdict } from "../evaluation/transfer/verdict.ts";

/** What the page of a study shows of a recipe that was trained with several seeds. */
export interface RecipeReport {
  /** The variant; null: the study's own recipe. */
  readonly recipe: string | null;
  /** What its numbers and verdicts speak of. */
  readonly scope: { readonly kind: "recipe"; readonly seeds: readonly number[] };
  /** One a trained model, hospital and set of labels. */
  readonly rows: readonly SeedsRow[];
  /** The same of each model against the one that it came from, seed by seed. */
  readonly differences: readonly SeedsRow[];
  /** The recipe's verdicts, then those of each training's checkpoints; or why there is none. */
  readonly verdicts: readonly ScopedVerdict[] | { readonly notJudged: string };
}

/** A verdict with what it speaks of. */
export interface ScopedVerdict {
  readonly scope: "a recipe" | "two checkpoints";
  /** The trainings that it rests on. */
  readonly seeds: readonly number[];
  readonly from: string;
  readonly to: string;
  readonly home: string;
  readonly away: string;
  readonly verdict: Verdict;
  readonly inconclusive: Inconclusive | null;
  /** The differences of matched macro-F1 that it was read from, and their level. */
  readonly read: { readonly level: number; readonly home: Estimate; readonly away: Estimate };
}

/** The verdicts of a recipe and of its trainings, each with its scope. */
export function scopedVerdicts(transfer: RecipeTransfer): ScopedVerdict[] {
  const of = (
    scope: ScopedVerdict["scope"],
    seeds: readonly number[],
    { contrasts }: Pick<RecipeTransfer, "contrasts">,
  ): ScopedVerdict[] =>
    contrasts.map(({ from, to, home, away, verdict, inconclusive, read }) => ({
      scope,
      seeds,
      from,
      to,
      home,
      away,
      verdict,
      inconclusive,
      read,
    }));
  const { scope, trainings } = transfer;
  return [
    ...(scope.kind === "recipe" ? of("a recipe", scope.seeds, transfer) : []),
    ...trainings.flatMap(({ seed, transfer: own }) => of("two checkpoints", [seed], own)),
  ];
}
