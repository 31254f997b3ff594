import type { Cohort } from "../cohort/cohort.ts";
import { readLabelScores } from "../evaluation/label-score-file.ts";
import { probabilitiesOf } from "../evaluation/label-scores.ts";
import type { ScoredSet } from "../evaluation/score-metrics/evaluate-label-scores.ts";
import { positiveLabels } from "../labels/policy.ts";
import { UserError } from "../util/user-error.ts";
import type { StageContext } from "./stage.ts";
import { statedBy } from "./stages/data-stage.ts";
import { labelScoreFile, scoredReaders } from "./stages/label-scores-stage.ts";

/** The stored scores of a study's readers on a hospital beside its truth, in the order of the study's tables. */
export async function studyLabelScores(
  { study: { config }, path }: Pick<StageContext, "study" | "path">,
  data: string,
  cohort: Cohort,
): Promise<ScoredSet[]> {
  const truths = new Map(cohort.records.map(({ id, labels }) => [id, positiveLabels(labels)]));
  return Promise.all(
    scoredReaders(config).map(async (reader): Promise<ScoredSet> => {
      const file = path(labelScoreFile(reader, data));
      const readings = (await readLabelScores(file)).map(({ id, patient, logOdds }) => {
        const truth = truths.get(id);
        if (truth === undefined)
          throw new UserError(`${file}: ${id} is no image of ${cohort.name}; delete it and run again`);
        return { id, patient, truth, scores: probabilitiesOf(logOdds) };
      });
      return {
        model: reader.id,
        data,
        stated: statedBy(config, data),
        of: cohort.records.length,
        readings,
      };
    }),
  );
}
