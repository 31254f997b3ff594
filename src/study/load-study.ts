import { readFile } from "node:fs/promises";
import path from "node:path";
import { type Document, parseDocument } from "yaml";
import { z } from "zod";
import { promptIn } from "../prompts/prompt-catalog.ts";
import { readPromptSource } from "../prompts/read-prompt-file.ts";
import { describeIssue } from "../util/describe-issue.ts";
import { messageOf, UserError } from "../util/user-error.ts";
import { declaredRuns } from "./declared-runs.ts";
import { checkOutside } from "./outside-models.ts";
import { type StudyConfig, studySchema } from "./schema/study.ts";
import { studyPrompts } from "./study-prompt.ts";
import { studyReaders } from "./study-reader.ts";

/** A study as its file and the command line declare it. */
export interface Study {
  readonly config: StudyConfig;
  /** The study file. */
  readonly file: string;
  /** Where its files go, absolute. */
  readonly folder: string;
  /**
   * The studies that it consists of, where it has variants or several training seeds; each has a folder inside its own.
   * `recipe`: the variant that it is a training of, null where the study has none.
   */
  readonly variants: readonly {
    readonly name: string;
    readonly recipe: string | null;
    readonly study: Study;
  }[];
}

/** Exit code of a usage or configuration error. */
const CONFIGURATION = 2;

/**
 * Reads a study file.
 * @param assignments `key.path=value` from the command line; values are read as YAML
 * @throws UserError naming file and key
 */
export async function loadStudy(file: string, assignments: readonly string[] = []): Promise<Study> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new UserError(
      `${file} cannot be read (${messageOf(error)}): give the path of a study file`,
      CONFIGURATION,
    );
  });
  const document = parseYaml(text, file);
  for (const assignment of assignments) assign(document, assignment);
  // Aliases are resolved here.
  const declared = withPrompts(
    orRefuse(file, () => document.toJS() as unknown),
    file,
  );
  const config = parseStudy(declared, file);
  const folder = path.resolve(config.folder ?? `${config.name}-study`);
  const variants = declaredRuns(declared, file).map(({ name, recipe, declared: own }) => {
    const where = recipe === null ? file : `${file}: variants.${recipe}`;
    const variant = parseStudy(own, where);
    if (JSON.stringify(variant.evaluation.sets) !== JSON.stringify(config.evaluation.sets))
      throw new UserError(
        `${where}.evaluation.sets: all variants are judged on the same sets`,
        CONFIGURATION,
      );
    const study = {
      config: variant,
      file: path.resolve(file),
      folder: path.join(folder, VARIANTS_FOLDER, name),
      variants: [],
    };
    return { name, recipe, study };
  });
  return { config, file: path.resolve(file), folder, variants };
}

/** Where the variants of a study lie in its folder. */
export const VARIANTS_FOLDER = "variants";

/** The declaration with the content of prompt files in place of their paths. */
function withPrompts(declared: unknown, file: string): unknown {
  const parsed = z.looseObject({ prompts: z.array(z.unknown()) }).safeParse(declared);
  if (!parsed.success) return declared;
  const beside = path.dirname(path.resolve(file));
  const read = (prompt: unknown) =>
    typeof prompt === "string" ? readPromptSource(path.resolve(beside, prompt)) : prompt;
  return { ...parsed.data, prompts: parsed.data.prompts.map(read) };
}

function parseStudy(declared: unknown, where: string): StudyConfig {
  const parsed = studySchema.safeParse(declared);
  if (!parsed.success)
    throw new UserError(`${where}: ${describeIssue(parsed.error, "top level")}`, CONFIGURATION);
  checkReferences(where, parsed.data);
  checkPrompts(where, parsed.data);
  checkOutside(where, parsed.data);
  return parsed.data;
}

/** @param where named in errors: the file, or the assignment that holds the text */
function parseYaml(text: string, where: string): Document {
  const document = parseDocument(text);
  return orRefuse(where, () => {
    const [fault] = document.errors;
    if (fault !== undefined) throw fault;
    return document;
  });
}

function assign(document: Document, assignment: string): void {
  const where = `--set ${assignment}`;
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  if (key === undefined || value === undefined)
    throw new UserError(`${where}: write key.path=value`, CONFIGURATION);
  const parsed = parseYaml(value, where);
  orRefuse(where, () => document.setIn(key.split("."), document.createNode(parsed.toJS())));
}

/** What `read` gives, or a UserError with the first line of its error. */
function orRefuse<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const [line = ""] = messageOf(error).split("\n");
    throw new UserError(`${where}: ${line.replace(/:$/, "")}`, CONFIGURATION, { cause: error });
  }
}

function checkReferences(file: string, { data, cohort, evaluation, grpo }: StudyConfig): void {
  const known = Object.keys(data);
  const refuse = (key: string, name: string): never => {
    throw new UserError(
      `${file}: ${key} names "${name}", which data does not declare (${known.join(", ")})`,
      CONFIGURATION,
    );
  };
  if (!known.includes(cohort.source)) refuse("cohort.source", cohort.source);
  for (const name of Object.keys(grpo?.validateOn ?? {})) {
    if (!known.includes(name)) refuse("grpo.validateOn", name);
    if (name === cohort.source)
      throw new UserError(
        `${file}: grpo.validateOn names "${name}", whose validation set is read in any case: leave it out`,
        CONFIGURATION,
      );
  }
  for (const name of Object.keys(evaluation.sets)) {
    if (!known.includes(name)) refuse("evaluation.sets", name);
    if (name === cohort.source && cohort.test === 0)
      throw new UserError(
        `${file}: evaluation.sets names "${name}", where the cohorts come from: set cohort.test, so that its test patients are set apart`,
        CONFIGURATION,
      );
  }
}

function checkPrompts(file: string, config: StudyConfig): void {
  const { format, sft, grpo, evaluation } = config;
  const refuse = (why: string): never => {
    throw new UserError(`${file}: ${why}`, CONFIGURATION);
  };
  if (sft === null && grpo !== null)
    refuse("grpo starts from what sft leaves, and sft is null: set grpo: null");
  try {
    const catalog = studyPrompts(config);
    for (const name of [format, ...evaluation.prompts]) promptIn(catalog, name);
  } catch (error) {
    refuse(messageOf(error));
  }
  const twice = evaluation.prompts.find((name, index) => evaluation.prompts.indexOf(name) !== index);
  if (twice !== undefined) refuse(`evaluation.prompts names "${twice}" twice`);
  const readers = studyReaders(config).map(({ id }) => id);
  const judged = [...readers, ...evaluation.outside.map((entry) => entry.name)];
  const unknown = evaluation.chosen.find(({ model }) => !judged.includes(model));
  if (unknown !== undefined)
    refuse(`evaluation.chosen names "${unknown.model}"; choose among ${judged.join(", ")}`);
  const unread = evaluation.labelScores?.readers?.find((name) => !readers.includes(name));
  if (unread !== undefined)
    refuse(`evaluation.labelScores.readers names "${unread}"; choose among ${readers.join(", ")}`);
}
