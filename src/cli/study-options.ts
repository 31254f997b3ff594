import type { Command } from "commander";
import { loadStudy, type Study } from "../study/load-study.ts";
import { variantOf } from "../study/variant-of.ts";

export interface StudyOptions {
  readonly set: readonly string[];
  readonly json?: boolean;
  readonly verbose?: boolean;
  /** Of commands that take one. */
  readonly variant?: string | undefined;
}

/** What every command on a study takes; `[study]` where it may be left out. */
export function takesStudy(command: Command, argument: "<study>" | "[study]" = "<study>"): Command {
  return command
    .argument(argument, "the study file, e.g. studies/phantom.yaml")
    .option(
      "--set <key=value>",
      "a setting of the study file, e.g. grpo.learningRate=1e-5 (may be repeated)",
      (value: string, before: string[]) => [...before, value],
      [],
    );
}

/** The same of a command on one run of the line: of a study with variants, one is to be named. */
export function takesVariant(command: Command, argument: "<study>" | "[study]" = "<study>"): Command {
  return takesStudy(command, argument).option(
    "--variant <name>",
    "which variant, where the study has several",
  );
}

/** The study of such a command. Throws UserError, listing the names, where the variant is not one of its. */
export async function variantStudyOf(file: string, options: StudyOptions): Promise<Study> {
  return variantOf(await studyOf(file, options), options.variant);
}

export function studyOf(file: string, { set }: StudyOptions): Promise<Study> {
  return loadStudy(file, set);
}
