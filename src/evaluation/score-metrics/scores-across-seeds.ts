import { UserError } from "../../util/user-error.ts";
import {
  type AcrossSeedsOptions,
  type OverSeeds,
  type SeedsEstimate,
  seedsEstimate,
} from "../across-seeds.ts";
import { checkSameImages } from "../compare.ts";
import { LEVEL, RESAMPLES } from "../estimate-tree.ts";
import { drawPatients } from "../resample.ts";
import { SeedDraws } from "../seed-draws.ts";
import type { ScoredSet } from "./evaluate-label-scores.ts";
import { LabelScorer, type ScoreTable } from "./label-scorer.ts";

/** Threshold-free scores of one recipe trained from several seeds, failed answers as probability 0; ready for JSON. */
export interface SeedScores extends OverSeeds, ScoreTable<SeedsEstimate> {
  readonly schema: "chexreason.seed-scores/1";
}

/**
 * AUROC, AUPRC, Brier score and calibration error over training seeds, with intervals from drawing seeds and patients
 * crosswise, as `acrossSeeds` does for the scores of answers. All sets must be of the same images.
 *
 * @param baselines one a seed, whose scores are taken off; null: the scores themselves
 */
export function scoresAcrossSeeds(
  sets: readonly ScoredSet[],
  baselines: readonly ScoredSet[] | null,
  { matched, resamples = RESAMPLES, seed = 0, level = LEVEL, seedSpread = "widened" }: AcrossSeedsOptions,
): SeedScores {
  const [first] = sets;
  if (first === undefined) throw new UserError("several seeds: no scores were given; give one set a seed");
  if (baselines !== null && baselines.length !== sets.length)
    throw new UserError(
      `several seeds of ${first.model}: ${sets.length} sets of scores against ${baselines.length} of the baseline; give one a seed`,
    );
  const all = [...sets, ...(baselines ?? [])];
  for (const other of all.slice(1)) checkSameImages(first, other);
  const scorers = all.map(({ readings, stated }) => new LabelScorer(readings, stated, "as-empty", matched));
  const [scorer] = scorers as [LabelScorer];
  const { leaves, n, patients } = scorer;
  const count = sets.length;
  const own = scorers.map(() => Array.from({ length: leaves }, () => new Float64Array(1)));
  /** A leaf's score with each seed, or difference. */
  const scoreOf =
    (leaf: number) =>
    (index: number): number => {
      const of = (set: number): number => own[set]?.[leaf]?.[0] ?? Number.NaN;
      return baselines === null ? of(index) : of(index) - of(count + index);
    };
  const score = (times: Float64Array): void => {
    scorers.forEach((each, index) => {
      each.score(times, own[index] ?? [], 0);
    });
  };

  const times = new Float64Array(patients.length);
  score(times.fill(1));
  const values = Array.from({ length: leaves }, (_, leaf) => sets.map((_, index) => scoreOf(leaf)(index)));
  const draws = new SeedDraws(count, seed, seedSpread);
  const replicates = Array.from({ length: leaves }, () => new Float64Array(resamples));
  drawPatients(patients.length, { resamples, seed }, (drawn, draw) => {
    times.fill(0);
    for (const patient of drawn) times[patient] = (times[patient] as number) + 1;
    score(times);
    draws.next();
    replicates.forEach((of, leaf) => {
      of[draw] = draws.mean(scoreOf(leaf));
    });
  });
  return {
    schema: "chexreason.seed-scores/1",
    model: first.model,
    baseline: baselines?.[0]?.model ?? null,
    data: first.data,
    n,
    patients: patients.length,
    seeds: count,
    ...scorer.table((leaf) =>
      seedsEstimate(values[leaf] ?? [], replicates[leaf] ?? new Float64Array(), level),
    ),
  };
}
