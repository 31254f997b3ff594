import type { Command } from "commander";
import { loadStudy, type Study } from "../study/load-study.ts";

export interface StudyOptions {
  readonly set: readonly string[];
  readonly json?: boolean;
  readonly verbose?: boolean;
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

export function studyOf(file: string, { set }: StudyOptions): Promise<Study> {
  return loadStudy(file, set);
}
