import { roleOf, type TransferHospital } from "../evaluation/transfer/hospital-role.ts";
import type { StudyConfig } from "./schema/study.ts";
import { statedBy } from "./stages/data-stage.ts";
import { studyModels } from "./study-model.ts";
import { studyReaders } from "./study-reader.ts";

const setNames = ({ evaluation }: StudyConfig): string[] => Object.keys(evaluation.sets);

/** The hospitals that a study's models are judged on, each with what it is to them. */
export function judgedHospitals(config: StudyConfig, names = setNames(config)): TransferHospital[] {
  const stated = (name: string) => ({ name, stated: statedBy(config, name) });
  const source = stated(config.cohort.source);
  return names.map((name) => ({
    ...stated(name),
    role: roleOf(stated(name), source),
  }));
}

/** Whether a study neither trains a step to be judged nor holds its model against one from elsewhere. */
export function comparesNothing(config: StudyConfig): boolean {
  const isRead = studyReaders(config).some(({ id }) => id === "base");
  return studyModels(config).length < 2 && (config.evaluation.outside.length === 0 || !isRead);
}

/** Why a study can have no transfer matrix, in words that end no sentence; null where it can. */
export function whyNotJudged(config: StudyConfig, names = setNames(config)): string | null {
  if (comparesNothing(config)) return "the study trains nothing";
  const hospitals = judgedHospitals(config, names);
  const [only] = hospitals;
  if (only === undefined) return "models were read on no hospital";
  if (hospitals.length === 1)
    return `models were read on ${only.name} alone, and a transfer needs two hospitals`;
  return hospitals.every(({ role }) => role === "other-schema")
    ? "no hospital shares the training hospital's labels, so none is home (chexreason transfer --home names one)"
    : null;
}

/** How many verdicts a study's report reaches: steps times away hospitals. */
export function verdictCount(config: StudyConfig): number {
  return (studyModels(config).length - 1) * (setNames(config).length - 1);
}
