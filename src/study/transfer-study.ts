import path from "node:path";
import { useRegister } from "../cohort/use-register.ts";
import type { ReadingSet } from "../evaluation/reading.ts";
import { chooseHospitals } from "../evaluation/transfer/hospital-role.ts";
import { judgeRecipe, type TransferRun } from "../evaluation/transfer/judge-transfer.ts";
import type { Choice, PatientUse } from "../evaluation/transfer/patient-use.ts";
import type { RecipeTransfer } from "../evaluation/transfer/transfer.ts";
import { trivialReaders } from "../evaluation/trivial-readers.ts";
import type { Label } from "../labels/label.ts";
import { positiveLabels } from "../labels/policy.ts";
import { UserError } from "../util/user-error.ts";
import { hospitalOf } from "./hospital-of.ts";
import { comparesNothing, judgedHospitals } from "./judged-hospitals.ts";
import type { Study } from "./load-study.ts";
import { contaminationLines, outsideOn } from "./outside-models.ts";
import { readingSet, testSet } from "./reading-sets.ts";
import { recipesOf } from "./recipes.ts";
import { studyModels } from "./study-model.ts";
import { studyReaders } from "./study-reader.ts";
import { type StageStatus, studyStatus } from "./study-status.ts";
import { trainedSeed, trainingChoices } from "./training-choices.ts";
import { trainingSeed } from "./training-seed.ts";
import { transferReferences } from "./transfer-references.ts";
import { usedCohorts, usesOf } from "./used-patients.ts";
import { variantOf } from "./variant-of.ts";

const CONFIGURATION = 2;

export interface TransferOptions {
  /** Which variant, where the study has several: with all its training seeds, or one of them (`free-seed-2`). */
  readonly variant?: string | undefined;
  readonly home?: string | undefined;
  readonly away?: readonly string[] | undefined;
  readonly delta?: number | undefined;
  /** The same study run with other seeds, `seed=folder` each: the verdict is then on the recipe. */
  readonly repeats?: readonly string[] | undefined;
  readonly resamples?: number | undefined;
}

/**
 * Judges a study's models from the readings that it left: of one training these checkpoints, of several training seeds
 * (and repeats) the recipe, with the verdict on each training's checkpoints beside it. Every prediction must be there; one
 * that is stale (settings or code have changed since) is judged as it is and named in the notes.
 */
export async function transferStudy(whole: Study, options: TransferOptions): Promise<RecipeTransfer> {
  const trainings = trainingsOf(whole, options.variant);
  const [study] = trainings;
  if (study === undefined) throw new Error("transferStudy: a recipe without a training");
  const { config } = study;
  const models = studyModels(config);
  if (comparesNothing(config))
    throw new UserError(`${study.file} trains nothing: there is no step to be judged`, CONFIGURATION);
  const { home, away } = chooseHospitals(judgedHospitals(config), options);
  const names = [home, ...away].map(({ name }) => name);
  const studies = [...trainings, ...(options.repeats ?? []).map((repeat) => repeatOf(study, repeat))];
  checkSeeds(studies);
  const elsewhere = outsideOn(config, names);
  const loaded = await Promise.all(studies.map((one) => loadRun(one, names)));
  const judged = judgeRecipe({
    subject: options.variant === undefined ? config.name : `${config.name}, ${options.variant}`,
    models,
    references: transferReferences(config, elsewhere.everywhere),
    elsewhere: elsewhere.everywhere,
    home,
    away,
    runs: loaded.map(({ run }) => run),
    declared: config.evaluation.margin,
    delta: options.delta,
    uses: loaded.flatMap(({ uses }) => uses),
    choices: distinct(loaded.flatMap(({ choices }) => choices)),
    resamples: options.resamples,
    seed: config.seed,
  });
  return {
    ...judged,
    notes: [
      ...contaminationLines(config),
      ...elsewhere.notes,
      ...loaded.flatMap(({ run, notes }) =>
        loaded.length === 1 ? notes : notes.map((note) => `seed ${run.seed}: ${note}`),
      ),
    ],
    trainings: judged.trainings.map(({ seed, transfer }, index) => ({
      seed,
      transfer: {
        ...transfer,
        choices: loaded[index]?.choices ?? [],
        notes: loaded[index]?.notes ?? [],
      },
    })),
  };
}

/** The runs of a recipe: those of the variant asked for, or of the study's own seeds; or one run, by its name. */
function trainingsOf(whole: Study, wanted: string | undefined): Study[] {
  const recipes = recipesOf(whole);
  const recipe = recipes.find(({ name }) => name === (wanted ?? null));
  if (recipe !== undefined) return recipe.trainings.map(({ study }) => study);
  const names = recipes.flatMap(({ name, trainings }) => [
    name,
    ...trainings.map((training) => training.name),
  ]);
  return [variantOf(whole, wanted, [...new Set(names.filter((name) => name !== null))])];
}

/** Each choice once: trainings that picked alike say so once. */
function distinct(choices: readonly Choice[]): Choice[] {
  const texts = choices.map((choice) => JSON.stringify(choice));
  return choices.filter((_, index) => texts.indexOf(texts[index] ?? "") === index);
}

interface LoadedRun {
  readonly run: TransferRun;
  readonly uses: PatientUse[];
  readonly choices: Choice[];
  readonly notes: string[];
}

async function loadRun(study: Study, hospitals: readonly string[]): Promise<LoadedRun> {
  const { config, folder } = study;
  const stages = (await studyStatus(study)).stages;
  const readers = studyReaders(config);
  const needed = hospitals.flatMap((data) => [
    `test-set ${data}`,
    ...[...readers.map(({ id }) => id), ...outsideOn(config, hospitals).everywhere].map(
      (id) => `predict ${id}@${data}`,
    ),
  ]);
  const notes = staleNotes(study, stages, needed);
  const seed = await trainedSeed(study);
  const own = trainingSeed(config);
  if (seed !== null && seed !== own)
    throw new UserError(`${folder} was trained with seed ${seed}, not ${own}: give its own seed`);
  const used = await usedCohorts(folder);
  const register = useRegister(used, hospitalOf(config));
  const training = used
    .filter(({ use }) => use === "train")
    .flatMap(({ records }) => records.map(({ labels }): readonly Label[] => positiveLabels(labels)));
  const readings: ReadingSet[] = [];
  const uses: LoadedRun["uses"] = [];
  for (const data of hospitals) {
    const cohort = await testSet(study, data);
    register.requireVerdict(cohort);
    uses.push(...usesOf(cohort, data, register));
    const sets = await Promise.all(readers.map((reader) => readingSet(study, reader, cohort, data)));
    const [first] = sets;
    const outside = outsideOn(config, hospitals).everywhere.map((id) => ({ id, file: id }));
    readings.push(...(await Promise.all(outside.map((reader) => readingSet(study, reader, cohort, data)))));
    readings.push(...sets, ...(first === undefined ? [] : trivialReaders(first, training, config.seed)));
  }
  return { run: { seed: own, readings }, uses, choices: await trainingChoices(study), notes };
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
  const config = { ...study.config, seed: Number(seed), trainingSeeds: [] };
  return { ...study, folder: path.resolve(folder), config };
}

function checkSeeds(studies: readonly Study[]): void {
  const seeds = studies.map(({ config }) => trainingSeed(config));
  const twice = seeds.find((seed, index) => seeds.indexOf(seed) !== index);
  if (twice !== undefined)
    throw new UserError(
      `--repeat ${twice}: seed ${twice} is given twice; a repeat has a seed of its own`,
      CONFIGURATION,
    );
}
