import path from "node:path";
import { readCohort } from "../cohort/cohort-file.ts";
import { PHANTOM_SITES } from "../datasets/phantom/sites.ts";
import type { ImageRecord } from "../datasets/record.ts";
import type { Engine } from "../engine/engine.ts";
import type { LaunchOptions } from "../engine/launch-engine.ts";
import { LEVEL } from "../evaluation/estimate-tree.ts";
import { readPredictions } from "../evaluation/prediction-file.ts";
import {
  type ConventionProbe,
  conventionProbe,
  type TrainingLabels,
} from "../evaluation/probes/convention-probe.ts";
import { planPictures } from "../evaluation/probes/phantom-switches.ts";
import type { Fill, ProbeSettings } from "../evaluation/probes/probe-settings.ts";
import {
  probeRegions,
  probeSwitches,
  type RegionProbe,
  type SwitchProbe,
} from "../evaluation/probes/shortcut-probe.ts";
import type { ReadingSet } from "../evaluation/reading.ts";
import { positiveLabels } from "../labels/policy.ts";
import type { OnProgress } from "../util/progress.ts";
import { randomStream } from "../util/random.ts";
import { UserError } from "../util/user-error.ts";
import { engineHost } from "./engine-host.ts";
import { joinReadings } from "./join-readings.ts";
import type { Study } from "./load-study.ts";
import { modelAdapter } from "./model-adapter.ts";
import { dataFactsSchema } from "./schema/facts.ts";
import { readRecord } from "./stage-record.ts";
import { statedBy } from "./stages/data-stage.ts";
import { predictionFile } from "./stages/predict-stage.ts";
import { testSetFile } from "./stages/test-set-stage.ts";
import { type StudyModel, studyModels } from "./study-model.ts";
import { studyPrompt } from "./study-prompt.ts";
import { studyReaders } from "./study-reader.ts";
import { variantOf } from "./variant-of.ts";

export const PROBES = ["convention", "regions", "switches"] as const;
export type ProbeName = (typeof PROBES)[number];

export interface ProbeStudyOptions {
  readonly model: StudyModel;
  /** Which variant, where the study has several. */
  readonly variant?: string | undefined;
  /** Hospitals of `evaluation.sets`; default all. */
  readonly data?: readonly string[] | undefined;
  /** Images of each hospital that are changed and read again. */
  readonly n: number;
  readonly only?: readonly ProbeName[] | undefined;
  readonly fill: Fill;
  readonly engine: LaunchOptions;
  readonly onProgress: OnProgress;
}

/** What was probed on one hospital; a probe that was not asked for, or cannot be made there, says so by its reason. */
export interface HospitalProbe {
  readonly data: string;
  readonly convention: ConventionProbe | NotProbed;
  readonly regions:
    | { readonly images: number; readonly fill: Fill; readonly probes: readonly RegionProbe[] }
    | NotProbed;
  readonly switches:
    | { readonly images: number; readonly style: string; readonly probes: readonly SwitchProbe[] }
    | NotProbed;
}
export interface NotProbed {
  readonly notProbed: "not asked for" | "no phantom hospital";
}

export interface StudyProbe {
  readonly schema: "chexreason.probe/1";
  readonly study: string;
  readonly model: StudyModel;
  readonly hospitals: readonly HospitalProbe[];
}

const CONFIGURATION = 2;
const READER = "reader";
const EARLIER = "earlier";
const NOT_ASKED: NotProbed = { notProbed: "not asked for" };

/**
 * Probes one of a study's models: its conventions from the predictions that it left, its shortcuts by reading changed
 * pictures. The pictures are of test patients, drawn at random from the seed; nothing is written into the study.
 * @throws UserError when a model, a test set or its predictions are not there yet
 */
export async function probeStudy(whole: Study, options: ProbeStudyOptions): Promise<StudyProbe> {
  const study = variantOf(whole, options.variant);
  const { config } = study;
  const sets = Object.keys(config.evaluation.sets);
  const chosen = options.data ?? sets;
  const foreign = chosen.find((name) => !sets.includes(name));
  if (foreign !== undefined)
    throw new UserError(`--data ${foreign}: evaluation.sets has ${sets.join(", ")}`, CONFIGURATION);
  if (!studyModels(config).includes(options.model))
    throw new UserError(`${study.file} makes no ${options.model} model`, CONFIGURATION);
  const wanted = options.only ?? PROBES;
  const conventions = wanted.includes("convention")
    ? await probeConventions(study, options.model, chosen)
    : null;
  const pictures = wanted.filter((probe) => probe !== "convention");
  const shortcuts = pictures.length === 0 ? null : await probeShortcuts(study, options, chosen, pictures);
  return {
    schema: "chexreason.probe/1",
    study: config.name,
    model: options.model,
    hospitals: chosen.map((data) => ({
      data,
      convention: conventions?.get(data) ?? NOT_ASKED,
      regions: shortcuts?.get(data)?.regions ?? NOT_ASKED,
      switches: shortcuts?.get(data)?.switches ?? NOT_ASKED,
    })),
  };
}

async function probeConventions(
  study: Study,
  model: StudyModel,
  hospitals: readonly string[],
): Promise<Map<string, ConventionProbe>> {
  const { config } = study;
  const models = studyModels(config);
  const before = models[models.indexOf(model) - 1] ?? null;
  const training = await trainingLabels(study);
  const probes = new Map<string, ConventionProbe>();
  for (const data of hospitals) {
    const own = await readingsOf(study, model, data);
    const baseline = before === null ? null : await readingsOf(study, before, data);
    const { resamples } = config.evaluation;
    probes.set(data, conventionProbe(own, baseline, training, { resamples, seed: config.seed }));
  }
  return probes;
}

/** What SFT and GRPO are trained on: the same for both, so that what changes between them is the model. */
async function trainingLabels({ config, folder }: Study): Promise<TrainingLabels> {
  const cohorts = await Promise.all(
    ["sft", "rl"].map((name) => readCohort(path.join(folder, `cohorts/${name}.jsonl`))),
  );
  const images = cohorts.flatMap(({ records }) =>
    records.map(({ patient, labels }) => ({ patient, labels: positiveLabels(labels) })),
  );
  return { stated: statedBy(config, config.cohort.source), images };
}

async function readingsOf(study: Study, model: StudyModel, data: string): Promise<ReadingSet> {
  const { config, folder, file } = study;
  const reader = studyReaders(config).find(({ id }) => id === model);
  if (reader === undefined)
    throw new UserError(`${file}: the ${model} model is not read with ${config.format}`, CONFIGURATION);
  const cohort = await readCohort(path.join(folder, testSetFile(data)));
  const predictions = path.join(folder, predictionFile(reader, data));
  const readings = joinReadings(cohort, await readPredictions(predictions), predictions);
  return { model, data, stated: statedBy(config, data), readings };
}

type Shortcuts = Pick<HospitalProbe, "regions" | "switches">;

async function probeShortcuts(
  study: Study,
  options: ProbeStudyOptions,
  hospitals: readonly string[],
  wanted: readonly ProbeName[],
): Promise<Map<string, Shortcuts>> {
  const { config, folder } = study;
  const { model } = options;
  const models = studyModels(config);
  const before = models[models.indexOf(model) - 1];
  const adapter = await adapterFolder(study, model);
  const earlier = before === undefined ? null : await adapterFolder(study, before);
  const engines = engineHost(study, options.engine);
  try {
    const { engine } = await engines.model();
    if (adapter !== null) await engine.newAdapter(READER, { folder: path.join(folder, adapter) }, false);
    if (earlier !== null) await engine.newAdapter(EARLIER, { folder: path.join(folder, earlier) }, false);
    const probes = new Map<string, Shortcuts>();
    for (const data of hospitals) {
      const settings: ProbeSettings = {
        prompt: studyPrompt(config, config.format),
        root: await rootOf(study, data),
        adapter: adapter === null ? "" : READER,
        ...(before === undefined ? {} : { earlier: earlier === null ? "" : EARLIER }),
        maxTokens: config.evaluation.maxTokens,
        seed: config.seed,
        fill: options.fill,
        resamples: config.evaluation.resamples,
        level: LEVEL,
      };
      const { records } = await readCohort(path.join(folder, testSetFile(data)));
      const drawn = randomStream(config.seed, "probe", data).shuffle(records).slice(0, options.n);
      const regions = wanted.includes("regions")
        ? {
            images: drawn.length,
            fill: options.fill,
            probes: await probeRegions(engine, drawn, settings, options.onProgress),
          }
        : NOT_ASKED;
      const switches = wanted.includes("switches")
        ? await switchesOf(study, data, engine, drawn, settings, options.onProgress)
        : NOT_ASKED;
      probes.set(data, { regions, switches });
    }
    return probes;
  } finally {
    await engines.close();
  }
}

/** The folder of a model's adapter; null: the base model has none. */
async function adapterFolder({ config, folder, file }: Study, model: StudyModel): Promise<string | null> {
  const record = model === "base" ? null : await readRecord(folder, model);
  if (model !== "base" && record === null)
    throw new UserError(`${folder} has no ${model} model yet: run \`chexreason ${model} ${file}\` first`);
  return modelAdapter(config, model, () => record?.facts);
}

async function switchesOf(
  { config, folder }: Study,
  data: string,
  engine: Engine,
  records: readonly ImageRecord[],
  settings: ProbeSettings,
  onProgress: OnProgress,
): Promise<HospitalProbe["switches"]> {
  const source = config.data[data];
  if (source?.kind !== "phantom") return { notProbed: "no phantom hospital" };
  const siteOf = (name: string) => PHANTOM_SITES.find((site) => site.name === name);
  const own = siteOf(source.site);
  const home = config.data[config.cohort.source];
  // The training hospital's style; where it is that one, the first other's.
  const other =
    home?.kind === "phantom" && home.site !== source.site
      ? siteOf(home.site)
      : PHANTOM_SITES.find((site) => site.name !== source.site);
  if (own === undefined || other === undefined) throw new Error(`probe: no phantom site ${source.site}`);
  const plans = planPictures(own, config.seed, source.images, source.size);
  const planned = records.map((record) => {
    const plan = plans.get(record.id);
    if (plan === undefined)
      throw new UserError(
        `${folder}: ${data} was drawn with other settings than the study's (${record.id} is not among its patients): run chexreason data again`,
      );
    return { ...record, plan };
  });
  const style = { size: source.size, planSeed: config.seed, style: { own: own.style, other: other.style } };
  const probes = await probeSwitches(engine, planned, style, settings, onProgress);
  return { images: records.length, style: other.name, probes };
}

async function rootOf({ folder }: Study, data: string): Promise<string> {
  const record = await readRecord(folder, `data ${data}`);
  if (record === null)
    throw new UserError(`${folder}: ${data} has not been read yet: run chexreason data first`);
  return path.resolve(folder, dataFactsSchema.parse(record.facts).root);
}
