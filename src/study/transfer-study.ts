import path from "node:path";
import { readCohort } from "../cohort/cohort-file.ts";
import { useRegister } from "../cohort/use-register.ts";
import { readPredictions } from "../evaluation/prediction-file.ts";
import type { ReadingSet } from "../evaluation/reading.ts";
import { chooseHospitals, roleOf, type TransferHospital } from "../evaluation/transfer/hospital-role.ts";
import { judgeTransfer, type TransferRun } from "../evaluation/transfer/judge-transfer.ts";
import type { Transfer } from "../evaluation/transfer/transfer.ts";
import { TRIVIAL_READER_IDS, trivialReaders } from "../evaluation/trivial-readers.ts";
import type { Label } from "../labels/label.ts";
import { positiveLabels } from "../labels/policy.ts";
import { UserError } from "../util/user-error.ts";
import { hospitalOf } from "./hospital-of.ts";
import { joinReadings } from "./join-readings.ts";
import type { Study } from "./load-study.ts";
import { statedBy } from "./stages/data-stage.ts";
import { predictionFile } from "./stages/predict-stage.ts";
import { testSetFile } from "./stages/test-set-stage.ts";
import { studyModels } from "./study-model.ts";
import { studyReaders } from "./study-reader.ts";
import { type StageStatus, studyStatus } from "./study-status.ts";
import { trainedSeed, trainingChoices } from "./training-choices.ts";
import { usedCohorts, usesOf } from "./used-patients.ts";
import { variantOf } from "./variant-of.ts";

const CONFIGURATION = 2;

export interface TransferOptions {
  /** Which variant, where the study has several. */
  readonly variant?: string | undefined;
  readonly home?: string | undefined;
  readonly away?: readonly string[] | undefined;
  readonly delta?: number | undefined;
  /** The same study run with other seeds, `seed=folder` each: the verdict is then on the recipe. */
  readonly repeats?: readonly string[] | undefined;
  readonly resamples?: number | undefined;
}

/**
 * Judges a study's models from the readings that it left. Every prediction must be there; one that is stale (settings or
 * code have changed since) is judged as it is and named in the notes.
 */
export async function transferStudy(whole: Study, options: TransferOptions): Promise<Transfer> {
  const study = variantOf(whole, options.variant);
  const { config } = study;
  const models = studyModels(config);
  if (models.length < 2)
    throw new UserError(`${study.file} trains nothing: there is no step to be judged`, CONFIGURATION);
  const stated = (name: string) => ({ name, stated: statedBy(config, name) });
  const hospitals = Object.keys(config.evaluation.sets).map(
    (name): TransferHospital => ({
      ...stated(name),
      role: roleOf(stated(name), stated(config.cohort.source)),
    }),
  );
  const { home, away } = chooseHospitals(hospitals, options);
  const names = [home, ...away].map(({ name }) => name);
  const studies = [study, ...(options.repeats ?? []).map((repeat) => repeatOf(study, repeat))];
  checkSeeds(studies);
  const loaded = await Promise.all(studies.map((one) => loadRun(one, names)));
  return {
    ...judgeTransfer({
      subject: options.variant === undefined ? config.name : `${config.name}, ${options.variant}`,
      models,
      references: [
        ...studyReaders(config).flatMap(({ id }) => (models.some((model) => model === id) ? [] : [id])),
        ...TRIVIAL_READER_IDS,
      ],
      home,
      away,
      runs: loaded.map(({ run }) => run),
      declared: config.evaluation.margin,
      delta: options.delta,
      uses: loaded.flatMap(({ uses }) => uses),
      choices: await trainingChoices(study),
      resamples: options.resamples,
      seed: config.seed,
    }),
    notes: loaded.flatMap(({ notes }) => notes),
  };
}

interface LoadedRun {
  readonly run: TransferRun;
  readonly uses: { hospital: string; patient: string; use: string }[];
  readonly notes: string[];
}

async function loadRun(study: Study, hospitals: readonly string[]): Promise<LoadedRun> {
  const { config, folder } = study;
  const stages = (await studyStatus(study)).stages;
  const readers = studyReaders(config);
  const needed = hospitals.flatMap((data) => [
    `test-set ${data}`,
    ...readers.map(({ id }) => `predict ${id}@${data}`),
  ]);
  const notes = staleNotes(study, stages, needed);
  const seed = await trainedSeed(study);
  if (seed !== null && seed !== config.seed)
    throw new UserError(`${folder} was trained with seed ${seed}, not ${config.seed}: give its own seed`);
  const used = await usedCohorts(folder);
  const register = useRegister(used, hospitalOf(config));
  const training = used
    .filter(({ use }) => use === "train")
    .flatMap(({ records }) => records.map(({ labels }): readonly Label[] => positiveLabels(labels)));
  const readings: ReadingSet[] = [];
  const uses: LoadedRun["uses"] = [];
  for (const data of hospitals) {
    const cohort = await readCohort(path.join(folder, testSetFile(data)));
    register.requireVerdict(cohort);
    uses.push(...usesOf(cohort, data, register));
    const sets: ReadingSet[] = [];
    for (const reader of readers) {
      const file = path.join(folder, predictionFile(reader, data));
      const joined = joinReadings(cohort, await readPredictions(file), file);
      sets.push({ model: reader.id, data, stated: statedBy(config, data), readings: joined });
    }
    const [first] = sets;
    readings.push(...sets, ...(first === undefined ? [] : trivialReaders(first, training, config.seed)));
  }
  return { run: { seed: config.seed, readings }, uses, notes };
}

function staleNotes(study: Study, stages: readonly StageStatus[], needed: readonly string[]): string[] {
  const stateOf = (name: string) => stages.find((stage) => stage.name === name)?.state ?? "missing";
  const open = needed.find((name) => ["missing", "interrupted"].includes(stateOf(name)));
  if (open !== undefined)
    throw new UserError(
      `${study.folder}: ${open} is ${stateOf(open)}; run chexreason evaluate ${path.relative("", study.file)} first`,
    );
  const stale = needed.filter((name) => stateOf(name) === "stale");
  return stale.length === 0
    ? []
    : [`stale, judged as they are (settings, files or code changed since): ${stale.join(", ")}`];
}

/** The study in another folder, with another seed. */
function repeatOf(study: Study, repeat: string): Study {
  const [, seed, folder] = /^(\d+)=(.+)$/.exec(repeat) ?? [];
  if (seed === undefined || folder === undefined)
    throw new UserError(`--repeat ${repeat}: write seed=folder`, CONFIGURATION);
  return { ...study, folder: path.resolve(folder), config: { ...study.config, seed: Number(seed) } };
}

function checkSeeds(studies: readonly Study[]): void {
  const seeds = studies.map(({ config }) => config.seed);
  const twice = seeds.find((seed, index) => seeds.indexOf(seed) !== index);
  if (twice !== undefined)
    throw new UserError(
      `--repeat ${twice}: seed ${twice} is given twice; a repeat has a seed of its own`,
      CONFIGURATION,
    );
}
