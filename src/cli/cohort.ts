import { type Command, InvalidArgumentError, Option } from "commander";
import { makeCohortFolder, verifyCohortFolder } from "../cohort/cohort-folder.ts";
import { COHORT_SOURCE_KINDS, type CohortSource } from "../cohort/cohort-source.ts";
import type { CohortSummary } from "../cohort/cohort-summary.ts";
import { cohortSummaryText } from "../cohort/cohort-summary-text.ts";
import { drawInspection, inspectCohorts, inspectionText } from "../study/inspect-cohorts.ts";
import { type Terminal, terminal } from "./terminal.ts";

/** `chexreason cohort make | verify | inspect`, beside `chexreason cohort STUDY` of parts.ts. */
export function addCohort(program: Command): void {
  const cohort = program.commands.find((command) => command.name() === "cohort");
  if (cohort === undefined) throw new Error("addCohort: the command cohort is added first");
  for (const add of [addMake, addVerify, addInspect]) add(cohort);
}

interface VerifyFlags {
  readonly root?: string;
  readonly replaceMissing?: boolean;
  readonly json?: boolean;
}

type MakeOptions = CohortSource &
  VerifyFlags & {
    readonly sft: number;
    readonly rl: number;
    readonly validation: number;
    readonly test: number | "rest";
    readonly seed: number;
    readonly floor: number;
    readonly views: ("AP" | "PA" | "frontal" | "lateral" | "unknown")[];
    readonly out: string;
    readonly verify?: boolean;
    readonly force?: boolean;
  };

function addMake(cohort: Command): void {
  cohort
    .command("make")
    .description("draw cohorts from a hospital's tables alone, before the download, with the list of files")
    .addOption(
      new Option("--kind <name>", "the table's format").choices(COHORT_SOURCE_KINDS).default("parquet"),
    )
    .option(
      "--table <file>",
      "the table: Parquet as `chexreason data` writes it, or the hospital's label table",
    )
    .option("--root <folder>", "the hospital's folder (default: where the table lies)")
    .option("--split <name>", "which of the hospital's own splits, e.g. train")
    .option("--site <name>", "the hospital's name in the records (default: the kind)")
    .option("--sft <n>", "images to fine-tune on", number, 2000)
    .option("--rl <n>", "images to reinforce on", number, 1000)
    .option("--validation <n>", "images to choose by", number, 500)
    .option("--test <n>", "images for a verdict, or rest", numberOrRest, 0)
    .option("--seed <n>", "of every draw", number, 0)
    .option("--floor <share>", "smallest share of each label in sft and rl", number, 0.05)
    .option("--views <list>", "views to draw from", commas, ["AP", "PA"])
    .requiredOption("--out <folder>", "where to write the cohorts")
    .option("--verify", "look at the picked files too, which lie under --root")
    .option("--replace-missing", "with --verify: replace files that are not there")
    .option("--force", "overwrite the cohorts that the folder holds")
    .option("--json", "one object on stdout")
    .action(async (_: unknown, command: Command) => {
      const options = command.opts<MakeOptions>();
      const { kind, table, root, split, site, sft, rl, validation, test, seed, floor, views, out } = options;
      const source = { kind, table, root, split, site };
      const sizes = { sft, rl, validation, test, seed, floorShare: floor, views };
      const made = await makeCohortFolder(out, source, sizes, { force: options.force === true });
      if (options.verify === true) await verify(out, options);
      else print(made, out, options, terminal());
    });
}

function addVerify(cohort: Command): void {
  cohort
    .command("verify")
    .argument("<folder>", "cohorts made by `chexreason cohort make`")
    .description("read every picked file to its end; replace the unusable, and pictures that are in two sets")
    .requiredOption("--root <folder>", "the folder that the images were downloaded to")
    .option("--replace-missing", "replace files that are not there, instead of listing them")
    .option("--json", "one object on stdout")
    .action((folder: string, options: VerifyFlags) => verify(folder, options));
}

async function verify(folder: string, options: VerifyFlags): Promise<void> {
  const out = terminal();
  const summary = await verifyCohortFolder(folder, {
    root: options.root ?? ".",
    replaceMissing: options.replaceMissing === true,
    onProgress: (done, total) => out.progress("verify", { done, total, unit: "images" }),
  });
  print(summary, folder, options, out);
}

function print(summary: CohortSummary, folder: string, { json }: VerifyFlags, out: Terminal): void {
  process.stdout.write(json === true ? `${JSON.stringify(summary, null, 2)}\n` : cohortSummaryText(summary));
  if (summary.missing > 0) {
    out.say(
      `chexreason: ${summary.missing} picked files are not there; fetch those in ${folder}/missing.txt and verify again`,
    );
    process.exitCode = 1;
  } else out.say(`chexreason: wrote ${folder}; the files to download: ${folder}/files.txt`);
}

function addInspect(cohort: Command): void {
  cohort
    .command("inspect")
    .argument("<place>", "a folder made by `chexreason cohort make`, or a study file")
    .description("labels, pairs of labels, age, sex and view of source and cohorts side by side")
    .option("--json", "one object on stdout")
    .option("--figures <folder>", "draw label-shares.svg and co-occurrence.svg there")
    .action(
      async (place: string, { json, figures }: { json?: boolean; figures?: string }, command: Command) => {
        const { set } = command.optsWithGlobals<{ set: string[] }>();
        const inspection = await inspectCohorts(place, set);
        process.stdout.write(
          json === true ? `${JSON.stringify(inspection, null, 2)}\n` : inspectionText(inspection),
        );
        const drawn = figures === undefined ? [] : await drawInspection(inspection, figures);
        for (const file of drawn) terminal().say(`chexreason: wrote ${file}`);
      },
    );
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("not a number.");
  return value;
}

const numberOrRest = (text: string): number | "rest" => (text === "rest" ? "rest" : number(text));
const commas = (text: string): string[] => text.split(",").map((part) => part.trim());
