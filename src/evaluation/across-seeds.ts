import type { Label } from "../labels/label.ts";
import { UserError } from "../util/user-error.ts";
import { checkSameImages } from "./compare.ts";
import { LEVEL, RESAMPLES, type ResamplingOptions, scorerOf } from "./estimate-tree.ts";
import { type Estimate, percentileInterval } from "./interval.ts";
import { labelsOf } from "./label-mask.ts";
import { failureReasons } from "./packed-readings.ts";
import { prepare } from "./prepare.ts";
import type { ReadingSet } from "./reading.ts";
import { resample } from "./resample.ts";
import { meanOver, SeedDraws, type SeedSpread } from "./seed-draws.ts";
import { type ScoreTree, SUBSETS, type SubsetName, scoreTree } from "./statistics.ts";
import { totals } from "./tally.ts";

export interface AcrossSeedsOptions extends ResamplingOptions {
  readonly matched: readonly Label[];
  /** Default: widened. */
  readonly seedSpread?: SeedSpread;
}

/** A mean over seeds with its interval over seeds and patients, and what it is the mean of. */
export interface SeedsEstimate extends Estimate {
  /** In the order of the seeds; null: not defined. */
  readonly ofSeeds: readonly (number | null)[];
  /** Standard deviation between seeds (unbiased variance); null for one seed, or where a value is not defined. */
  readonly sd: number | null;
}

/** What means over seeds are of. */
export interface OverSeeds {
  readonly model: string;
  /** Null: the scores themselves. Else the model whose scores, seed by seed, were taken off. */
  readonly baseline: string | null;
  readonly data: string;
  readonly n: number;
  readonly patients: number;
  readonly seeds: number;
}

/** Scores of one recipe trained from several seeds: means over seeds, ready for JSON. */
export interface SeedsEvaluation extends OverSeeds, Omit<ScoreTree<SeedsEstimate>, "failureReasons"> {
  readonly schema: "chexreason.seeds/1";
  readonly subsets: Readonly<Record<SubsetName, readonly Label[]>>;
  /** Macro-F1 over all labels (raw, failed answers as empty), or its difference, of each seed. */
  readonly macroF1OfSeeds: readonly number[];
}

/**
 * Scores over several training seeds, with intervals from drawing seeds and patients both, each with replacement and
 * independently (a crossed bootstrap: Owen 2007, The pigeonhole bootstrap). All sets must be of the same images.
 *
 * With baselines, one a seed, the difference within each seed is what is drawn. With few seeds an interval remains too
 * short, whatever the bootstrap: `docs/statistics.md` has its coverage. A single seed says nothing of seeds.
 */
export function acrossSeeds(
  sets: readonly ReadingSet[],
  baselines: readonly ReadingSet[] | null,
  options: AcrossSeedsOptions,
): SeedsEvaluation {
  const { matched, resamples = RESAMPLES, seed = 0, level = LEVEL, seedSpread = "widened" } = options;
  const [first] = sets;
  if (first === undefined) throw new UserError("several seeds: no readings were given; give one set a seed");
  if (baselines !== null && baselines.length !== sets.length) {
    throw new UserError(
      `several seeds of ${first.model}: ${sets.length} sets of readings against ${baselines.length} of the baseline; give one a seed`,
    );
  }
  const all = [...sets, ...(baselines ?? [])];
  for (const other of all.slice(1)) checkSameImages(first, other);
  const reasons = failureReasons(all);
  const prepared = all.map((set) => prepare(set, matched, reasons));
  const [main] = prepared as [(typeof prepared)[number]];
  const { layout } = main.tally;
  const scorer = scorerOf(main, []);
  const count = sets.length;
  const own = all.map(() => new Float64Array(scorer.leaves));
  /** (seeds) each one's scores, or differences. */
  const bySeed = (sums: readonly Float64Array[]): readonly Float64Array[] => {
    own.forEach((into, index) => {
      scorer.score(sums[index] as Float64Array, into);
    });
    if (baselines === null) return own;
    return own.slice(0, count).map((scores, index) => {
      const minus = own[count + index] as Float64Array;
      return scores.map((score, leaf) => score - (minus[leaf] as number));
    });
  };

  const sample = bySeed(prepared.map(({ tally }) => totals(tally))).map((scores) => scores.slice());
  const seeds = new SeedDraws(count, seed, seedSpread);
  const replicates = Array.from({ length: scorer.leaves }, () => new Float64Array(resamples));
  resample(
    prepared.map(({ tally }) => tally),
    { resamples, seed },
    (sums, draw) => {
      const scores = bySeed(sums);
      seeds.next();
      for (let leaf = 0; leaf < scorer.leaves; leaf++)
        (replicates[leaf] as Float64Array)[draw] = seeds.mean((of) => scores[of]?.[leaf] ?? Number.NaN);
    },
  );

  let next = 0;
  const { failureRate, views, perLabel } = scoreTree(layout, main.masks, [], () => {
    const leaf = next++;
    const values = sample.map((scores) => scores[leaf] as number);
    return seedsEstimate(values, replicates[leaf] as Float64Array, level);
  });
  return {
    schema: "chexreason.seeds/1",
    model: first.model,
    baseline: baselines?.[0]?.model ?? null,
    data: first.data,
    n: main.packed.n,
    patients: main.packed.patients,
    seeds: count,
    subsets: Object.fromEntries(
      SUBSETS.map((name, index) => [name, labelsOf(main.masks[index] ?? 0)]),
    ) as Record<SubsetName, Label[]>,
    macroF1OfSeeds: sample.map((scores) => scores[macroF1Leaf(main)] as number),
    failureRate,
    views,
    perLabel,
  };
}

/** The estimate of a score from its value for each seed and its crossed draws. */
export function seedsEstimate(
  values: readonly number[],
  replicates: Float64Array,
  level: number,
): SeedsEstimate {
  const ofSeeds = values.map(definedOr);
  const mean = meanOver(values.length, (seed) => values[seed] ?? Number.NaN);
  return { ...percentileInterval(mean, replicates, level), ofSeeds, sd: spreadOf(ofSeeds) };
}

const definedOr = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** The standard deviation between seeds. */
function spreadOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length < 2 || known.length < values.length) return null;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  return Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (known.length - 1));
}

/** Where the tree has macro-F1 over all labels, as written, failed answers as empty. */
function macroF1Leaf({ tally, masks }: ReturnType<typeof prepare>): number {
  let next = 0;
  const { views } = scoreTree(tally.layout, masks, [], () => next++);
  const view = views.find((v) => v.labels === "all" && v.closure === "raw" && v.failed === "as-empty");
  if (view === undefined) throw new Error("acrossSeeds: the tree has no view of all labels");
  return view.macro.f1;
}
