import type { StudyConfig } from "../schema/study.ts";
import { scoredReaders } from "../stages/label-scores-stage.ts";
import { type StudyReader, studyReaders } from "../study-reader.ts";

/** How often each elementary thing is done. Upper bounds where training may end early. */
export interface Workload {
  /** Pictures that the vision tower sees. */
  readonly images: number;
  readonly sft: {
    /** Traces trained on, over all epochs. */
    readonly trained: number;
    /** Traces scored without a gradient. */
    readonly scored: number;
  };
  readonly grpo: {
    /** Completions sampled. */
    readonly sampled: number;
    /** Completions scored under the reference, without a gradient. */
    readonly scored: number;
    /** Completions trained on, over all updates of each rollout. */
    readonly trained: number;
  };
  /** Answers read in evaluation; null where a test set takes all of a hospital that has not been counted. */
  readonly answers: number | null;
  /** Answers that are scored label by label; null where their number is not known. */
  readonly labelScored: number | null;
}

/** Counts the work of a study from its settings alone. */
export function workloadOf(config: StudyConfig): Workload {
  const { cohort, sft, grpo, evaluation } = config;
  const traces = sft === null ? 0 : cohort.sft;
  const heldOut = Math.round(traces * (sft?.heldOut ?? 0));
  const rollouts = grpo === null ? 0 : Math.ceil(cohort.rl / grpo.promptsPerRollout) * grpo.epochs;
  const sampled = grpo === null ? 0 : cohort.rl * grpo.groupSize * grpo.epochs;
  const validations = grpo === null ? 0 : 1 + Math.ceil(rollouts / grpo.validateEvery);
  const sizes = Object.entries(evaluation.sets).map(([name, { n }]) =>
    n === "all" ? sizeOf(config, name) : n,
  );
  const known = sizes.every((size) => size !== null);
  const total = known ? sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) : null;
  return {
    images: traces + (grpo === null ? 0 : cohort.rl + cohort.validation) + (total ?? 0),
    sft: {
      trained: (traces - heldOut) * (sft?.epochs ?? 0),
      scored: heldOut * ((sft?.epochs ?? 0) + 1),
    },
    grpo: {
      sampled: sampled + validations * cohort.validation,
      scored: sampled,
      trained: sampled * (grpo?.updatesPerRollout ?? 0),
    },
    answers: total === null ? null : total * studyReaders(config).length,
    labelScored: labelScored(config, sizes),
  };
}

/** The work of a study that is trained so often: pictures are seen, and the untrained model is read, once for all. */
export function recipeWorkload(config: StudyConfig, seeds: number): Workload {
  const one = workloadOf(config);
  const further = (count: number | null, readers: readonly StudyReader[]): number | null => {
    const trained = readers.filter(({ model }) => model !== "base").length;
    return count === null || trained === 0 ? count : count + ((seeds - 1) * trained * count) / readers.length;
  };
  const times = <Part extends Readonly<Record<string, number>>>(part: Part): Part =>
    Object.fromEntries(Object.entries(part).map(([key, count]) => [key, seeds * count])) as Part;
  return {
    images: one.images,
    sft: times(one.sft),
    grpo: times(one.grpo),
    answers: further(one.answers, studyReaders(config)),
    labelScored: further(one.labelScored, scoredReaders(config)),
  };
}

function labelScored(config: StudyConfig, sizes: readonly (number | null)[]): number | null {
  const { labelScores } = config.evaluation;
  if (labelScores === null) return 0;
  const { n } = labelScores;
  const scored = sizes.map((size) => (n === "all" ? size : Math.min(n, size ?? n)));
  if (scored.some((count) => count === null)) return null;
  return scored.reduce<number>((sum, count) => sum + (count ?? 0), 0) * scoredReaders(config).length;
}

/** A hospital's images, where the settings say how many it has. */
function sizeOf({ data }: StudyConfig, name: string): number | null {
  const source = data[name];
  return source?.kind === "phantom" ? source.images : null;
}

/**
 * The work of several studies together: an upper bound for variants, which take over from one another what they have in
 * common.
 */
export function addWorkloads(works: readonly Workload[]): Workload {
  const sum = (count: (work: Workload) => number): number =>
    works.reduce((total, work) => total + count(work), 0);
  return {
    images: sum(({ images }) => images),
    sft: { trained: sum(({ sft }) => sft.trained), scored: sum(({ sft }) => sft.scored) },
    grpo: {
      sampled: sum(({ grpo }) => grpo.sampled),
      scored: sum(({ grpo }) => grpo.scored),
      trained: sum(({ grpo }) => grpo.trained),
    },
    answers: works.every(({ answers }) => answers !== null) ? sum(({ answers }) => answers ?? 0) : null,
    labelScored: works.every(({ labelScored: scored }) => scored !== null)
      ? sum(({ labelScored: scored }) => scored ?? 0)
      : null,
  };
}
