import type { StudyConfig } from "./schema/study.ts";

type Seeds = Pick<StudyConfig, "seed" | "trainingSeeds">;

/**
 * The seed that a study's models are trained with: of LoRA's first weights, the order of examples, dropout, rollouts and
 * the permutations of a control. All else that is drawn (hospitals, cohorts, traces, which of them are held out, readings)
 * goes by the study's own seed. Of a study with several the first: each has a study of its own.
 */
export function trainingSeed({ seed, trainingSeeds }: Seeds): number {
  return trainingSeeds[0] ?? seed;
}

/** What of the seeds decides SFT, which draws what it holds out by the study's seed. */
export function sftSeeds(config: Seeds): { readonly seed: number; readonly drawn?: number } {
  const seed = trainingSeed(config);
  return seed === config.seed ? { seed } : { seed, drawn: config.seed };
}
