import { useRegister } from "../../cohort/use-register.ts";
import { chooseHospitals, roleOf, type TransferHospital } from "../../evaluation/transfer/hospital-role.ts";
import { judgeTransfer, leastDraws } from "../../evaluation/transfer/judge-transfer.ts";
import { TRIVIAL_READER_IDS } from "../../evaluation/trivial-readers.ts";
import type { ReportTransfer } from "../../report/report-input.ts";
import type { StudyEvaluation } from "../evaluate-study.ts";
import { hospitalOf } from "../hospital-of.ts";
import type { StageContext } from "../stage.ts";
import { statedBy } from "../stages/data-stage.ts";
import { studyModels } from "../study-model.ts";
import { studyReaders } from "../study-reader.ts";
import { trainingChoices } from "../training-choices.ts";
import { usedCohorts, usesOf } from "../used-patients.ts";

/**
 * The verdict of `chexreason transfer`, from the readings that the report has before it. As many draws as the study asks
 * for, and more where its verdicts need them.
 */
export async function reportTransfer(
  context: StageContext,
  { readings, trivial, testSets }: Pick<StudyEvaluation, "readings" | "trivial" | "testSets">,
): Promise<ReportTransfer> {
  const { study } = context;
  const { config } = study;
  const models = studyModels(config);
  if (models.length < 2) return { outcome: "not judged", why: "the study trains nothing" };
  const stated = (name: string) => ({ name, stated: statedBy(config, name) });
  const source = stated(config.cohort.source);
  const hospitals = testSets.map(
    ({ data }): TransferHospital => ({ ...stated(data), role: roleOf(stated(data), source) }),
  );
  const [only] = hospitals;
  if (only === undefined) return { outcome: "not judged", why: "models were read on no hospital" };
  if (hospitals.length === 1)
    return {
      outcome: "not judged",
      why: `models were read on ${only.name} alone, and a transfer needs two hospitals`,
    };
  if (hospitals.every(({ role }) => role === "other-schema"))
    return {
      outcome: "not judged",
      why: "no hospital shares the training hospital's labels, so none is home (chexreason transfer --home names one)",
    };
  const { home, away } = chooseHospitals(hospitals, {});
  const register = useRegister(await usedCohorts(study.folder), hospitalOf(config));
  for (const { cohort } of testSets) register.requireVerdict(cohort);
  const verdicts = (models.length - 1) * away.length;
  return {
    outcome: "judged",
    transfer: judgeTransfer({
      subject: config.name,
      models,
      references: [
        ...studyReaders(config).flatMap(({ id }) => (models.some((model) => model === id) ? [] : [id])),
        ...TRIVIAL_READER_IDS,
      ],
      home,
      away,
      runs: [{ seed: config.seed, readings: [...readings.map(({ set }) => set), ...trivial] }],
      uses: testSets.flatMap(({ data, cohort }) => usesOf(cohort, data, register)),
      declared: config.evaluation.margin,
      choices: await trainingChoices(study),
      resamples: Math.max(config.evaluation.resamples, leastDraws(verdicts)),
      seed: config.seed,
    }),
  };
}
