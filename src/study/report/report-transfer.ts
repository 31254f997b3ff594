import { useRegister } from "../../cohort/use-register.ts";
import { chooseHospitals } from "../../evaluation/transfer/hospital-role.ts";
import { judgeTransfer, leastDraws } from "../../evaluation/transfer/judge-transfer.ts";
import type { ReportTransfer } from "../../report/report-input.ts";
import type { StudyEvaluation } from "../evaluate-study.ts";
import { hospitalOf } from "../hospital-of.ts";
import { judgedHospitals, verdictCount, whyNotJudged } from "../judged-hospitals.ts";
import { outsideOn } from "../outside-models.ts";
import type { StageContext } from "../stage.ts";
import { studyModels } from "../study-model.ts";
import { trainingChoices } from "../training-choices.ts";
import { trainingSeed } from "../training-seed.ts";
import { transferReferences } from "../transfer-references.ts";
import { usedCohorts, usesOf } from "../used-patients.ts";

/**
 * The verdict of `chexreason transfer`, from the readings that the report has before it. As many draws as the study asks
 * for, and more where its verdicts need them.
 */
export async function reportTransfer(
  context: StageContext,
  evaluation: Pick<StudyEvaluation, "readings" | "trivial" | "outside" | "testSets">,
): Promise<ReportTransfer> {
  const { readings, trivial, outside, testSets } = evaluation;
  const { study } = context;
  const { config } = study;
  const models = studyModels(config);
  const names = testSets.map(({ data }) => data);
  const why = whyNotJudged(config, names);
  if (why !== null) return { outcome: "not judged", why };
  const { home, away } = chooseHospitals(judgedHospitals(config, names), {});
  const register = useRegister(await usedCohorts(study.folder), hospitalOf(config));
  for (const { cohort } of testSets) register.requireVerdict(cohort);
  const elsewhere = outsideOn(config, names);
  const transfer = judgeTransfer({
    subject: config.name,
    models,
    references: transferReferences(config, elsewhere.everywhere),
    elsewhere: elsewhere.everywhere,
    home,
    away,
    runs: [
      { seed: trainingSeed(config), readings: [...readings.map(({ set }) => set), ...outside, ...trivial] },
    ],
    uses: testSets.flatMap(({ data, cohort }) => usesOf(cohort, data, register)),
    declared: config.evaluation.margin,
    choices: await trainingChoices(study),
    resamples: Math.max(config.evaluation.resamples, leastDraws(verdictCount(config))),
    seed: config.seed,
  });
  return { outcome: "judged", transfer: { ...transfer, notes: elsewhere.notes } };
}
