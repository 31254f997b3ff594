import type { Study } from "./load-study.ts";
import { type StageRecord, stageHash } from "./stage-record.ts";
import { trainingSeed } from "./training-seed.ts";

/** The stage of a study with variants that is its own, and no variant's. */
export const WHOLE_REPORT = "report";

/** To be raised when the report of the same variants comes to hold something else. */
const VERSION = 1;

/**
 * The hash of the report of all variants.
 * @param reports the records of the variants' own reports, in their order; null where one is missing
 */
export function wholeReportHash(study: Study, reports: readonly (StageRecord | undefined)[]): string | null {
  const there = reports.filter((record) => record !== undefined);
  if (there.length < study.variants.length) return null;
  const { name, title, seed, evaluation } = study.config;
  const variants = study.variants.map(({ name: own, recipe, study: { config } }, index) => ({
    name: own,
    recipe,
    seed: trainingSeed(config),
    title: config.title,
    report: there[index]?.hash,
  }));
  const config = { version: VERSION, name, title, seed, resamples: evaluation.resamples, variants };
  return stageHash({ name: WHOLE_REPORT, config }, there);
}
