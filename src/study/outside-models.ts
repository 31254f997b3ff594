import { contaminationText, knownContaminations } from "../evaluation/known-contaminations.ts";
import { UserError } from "../util/user-error.ts";
import type { OutsideConfig } from "./schema/outside.ts";
import type { StudyConfig } from "./schema/study.ts";
import { studyPrompts } from "./study-prompt.ts";
import { studyReaders } from "./study-reader.ts";

const CONFIGURATION = 2;

/** A model from elsewhere as the results and the report call it. */
export interface OutsideModel {
  /** Its id in the evaluations. */
  readonly id: string;
  /** Where it comes from, and how it was asked. */
  readonly description: string;
  /** The hospitals that it was read on. */
  readonly data: readonly string[];
  /** Hospital -> one line each for what of it the model may have been trained on. */
  readonly contaminations: Readonly<Record<string, readonly string[]>>;
}

/** The models from elsewhere, in the order of the study file. */
export function outsideModels(config: Pick<StudyConfig, "data" | "format" | "evaluation">): OutsideModel[] {
  return config.evaluation.outside.map((outside) => {
    const data = outsideData(config, outside);
    const contaminations = data.map((name) => [name, contaminationsOf(config, outside, name)] as const);
    return {
      id: outside.name,
      description: describe(config, outside),
      data,
      contaminations: Object.fromEntries(contaminations),
    };
  });
}

/** The hospitals that a model from elsewhere is read on. */
export function outsideData(
  { evaluation }: Pick<StudyConfig, "evaluation">,
  outside: OutsideConfig,
): string[] {
  const sets = Object.keys(evaluation.sets);
  return outside.kind === "predictions" ? sets.filter((name) => outside.files[name] !== undefined) : sets;
}

/** Models from elsewhere by whether they were read on all of these hospitals; the others can be in no matrix of them. */
export function outsideOn(
  config: Pick<StudyConfig, "evaluation">,
  hospitals: readonly string[],
): { readonly everywhere: string[]; readonly notes: string[] } {
  const everywhere: string[] = [];
  const notes: string[] = [];
  for (const outside of config.evaluation.outside) {
    const lacking = hospitals.filter((name) => !outsideData(config, outside).includes(name));
    if (lacking.length === 0) everywhere.push(outside.name);
    else notes.push(`${outside.name} is in no matrix: it was not read on ${lacking.join(", ")}`);
  }
  return { everywhere, notes };
}

/** What is known of a model and a hospital of the study, one line each. */
export function contaminationsOf(
  { data }: Pick<StudyConfig, "data">,
  outside: OutsideConfig,
  name: string,
): string[] {
  const kind = data[name]?.kind;
  if (kind === undefined || kind === "phantom") return [];
  return knownContaminations(idsOf(outside), kind).map(contaminationText);
}

/** What is known of the study's own base model and a hospital, and so of all that was trained from it. */
function ownContaminations({ data, model }: Pick<StudyConfig, "data" | "model">, name: string): string[] {
  const kind = data[name]?.kind;
  if (kind === undefined || kind === "phantom") return [];
  return knownContaminations([model.source], kind).map(contaminationText);
}

/** What is known of any of a study's models, its own and those from elsewhere, and a hospital. */
export function studyContaminations(
  config: Pick<StudyConfig, "data" | "model" | "sft" | "grpo" | "format" | "evaluation">,
  name: string,
  model: string,
): string[] {
  const outside = config.evaluation.outside.find((entry) => entry.name === model);
  if (outside !== undefined) return contaminationsOf(config, outside, name);
  return studyReaders(config).some(({ id }) => id === model) ? ownContaminations(config, name) : [];
}

/** Of every model with a number on a hospital, the study's own included: lines to print beside the results. */
export function contaminationLines(
  config: Pick<StudyConfig, "data" | "format" | "evaluation" | "model">,
): string[] {
  const own = Object.keys(config.evaluation.sets).flatMap((name) =>
    ownContaminations(config, name).map((text) => `base and what was trained from it, on ${name}: ${text}`),
  );
  const outside = outsideModels(config).flatMap(({ id, contaminations }) =>
    Object.entries(contaminations).flatMap(([name, texts]) =>
      texts.map((text) => `${id}, on ${name}: ${text}`),
    ),
  );
  return [...own, ...outside];
}

/** Throws UserError (configuration) for what no schema of one entry can see. */
export function checkOutside(file: string, config: StudyConfig): void {
  const { outside, sets } = config.evaluation;
  const names = new Set<string>();
  for (const entry of outside) {
    const refuse = (why: string): never => {
      throw new UserError(`${file}: evaluation.outside.${entry.name}: ${why}`, CONFIGURATION);
    };
    if (names.has(entry.name)) refuse("there are two of that name");
    names.add(entry.name);
    if (entry.kind === "predictions") {
      const foreign = Object.keys(entry.files).find((data) => !(data in sets));
      if (foreign !== undefined)
        refuse(`files names "${foreign}", which evaluation.sets has not (${Object.keys(sets).join(", ")})`);
      continue;
    }
    const known = studyPrompts(config).map(({ name }) => name);
    if (entry.prompt !== undefined && !known.includes(entry.prompt))
      refuse(`there is no prompt named "${entry.prompt}"; choose one of ${known.join(", ")}`);
  }
}

/** What a model may be called by; the first is what is shown. */
function idsOf(outside: OutsideConfig): string[] {
  const own = outside.id === undefined ? [] : [outside.id];
  switch (outside.kind) {
    case "predictions":
      return [...own, outside.name];
    case "adapter":
      return [
        ...own,
        outside.source,
        outside.name,
        ...(outside.base === undefined ? [] : [outside.base.source]),
      ];
    case "model":
      return [...own, outside.source, outside.name];
    case "openai-compatible":
      return [...own, outside.model, outside.name];
  }
}

function describe(config: Pick<StudyConfig, "format">, outside: OutsideConfig): string {
  const [shown = outside.name] = idsOf(outside);
  switch (outside.kind) {
    case "predictions":
      return `${shown}, from a file of its predictions`;
    case "adapter":
      return `${shown}, an adapter on ${outside.base?.source ?? "the study's model"}, ${asked(config, outside)}`;
    case "model":
      return `${shown}${outside.revision === undefined ? "" : ` at ${outside.revision}`}, ${asked(config, outside)}`;
    case "openai-compatible":
      return `${shown} at ${new URL(outside.endpoint).host}, ${asked(config, outside)}`;
  }
}

function asked(
  { format }: Pick<StudyConfig, "format">,
  { prompt, dialect }: { prompt?: string | undefined; dialect: string },
): string {
  return `asked by ${prompt ?? format}, read as ${dialect}`;
}
