import { stat } from "node:fs/promises";
import path from "node:path";
import { readCohort } from "../cohort/cohort-file.ts";
import { readCohortFolder } from "../cohort/cohort-summary.ts";
import { describeSet, type SetDescription } from "../cohort/describe-set.ts";
import { readTable } from "../datasets/table-file.ts";
import { coOccurrence, coOccurrenceChart } from "../report/charts/co-occurrence-chart.ts";
import { labelShares, labelSharesChart } from "../report/charts/label-shares-chart.ts";
import { standaloneSvg } from "../report/charts/standalone-svg.ts";
import { writeFileAtomic } from "../util/files.ts";
import { textColumns } from "../util/text-columns.ts";
import { UserError } from "../util/user-error.ts";
import { loadStudy } from "./load-study.ts";
import { testSetFile } from "./stages/test-set-stage.ts";

/** Source and cohorts side by side. */
export interface CohortInspection {
  readonly schema: "chexreason.cohort-inspect/1";
  /** The source first, then the sets drawn from it, then a study's test sets of other hospitals. */
  readonly sets: readonly SetDescription[];
}

/**
 * Describes the cohorts of a folder made by `cohort make`, or of a study whose cohorts are drawn.
 * @param place the folder, or the study file
 * @param assignments settings of the study from the command line
 */
export async function inspectCohorts(
  place: string,
  assignments: readonly string[] = [],
): Promise<CohortInspection> {
  const isFolder = (await stat(place).catch(() => null))?.isDirectory() === true;
  const { table, files } = isFolder ? await filesOfFolder(place) : await filesOfStudy(place, assignments);
  const source = describeSet("source", await readTable(table));
  const cohorts = await Promise.all(files.map(readCohort));
  const sets = [source, ...cohorts.map(({ name, records }) => describeSet(name, records))];
  return { schema: "chexreason.cohort-inspect/1", sets };
}

interface CohortFiles {
  readonly table: string;
  readonly files: readonly string[];
}

async function filesOfFolder(folder: string): Promise<CohortFiles> {
  const { sets } = await readCohortFolder(folder);
  return {
    table: path.join(folder, "table.parquet"),
    files: sets.map(({ name }) => path.join(folder, `${name}.jsonl`)),
  };
}

async function filesOfStudy(file: string, assignments: readonly string[]): Promise<CohortFiles> {
  const { folder, config } = await loadStudy(file, assignments);
  const names = ["sft", "rl", "validation", ...(config.cohort.test === 0 ? [] : ["test"])];
  const others = Object.keys(config.evaluation.sets).filter((name) => name !== config.cohort.source);
  const files = [...names.map((name) => `cohorts/${name}.jsonl`), ...others.map(testSetFile)];
  const first = path.join(folder, files[0] ?? "");
  if ((await stat(first).catch(() => null)) === null)
    throw new UserError(`${first} is not there: draw the cohorts first, chexreason cohort ${file}`);
  return {
    table: path.join(folder, `data/${config.cohort.source}.parquet`),
    files: files.map((name) => path.join(folder, name)),
  };
}

/** Draws `label-shares.svg` and `co-occurrence.svg` into a folder; gives their paths. */
export async function drawInspection({ sets }: CohortInspection, folder: string): Promise<string[]> {
  const shares = await labelSharesChart(
    "Images with each label",
    sets.map(({ name, tally }) => labelShares(name, tally)),
  );
  const pairs = await coOccurrenceChart(
    "Labels that stand together",
    sets.map(({ name, tally }) => coOccurrence(name, tally)),
  );
  const figures = [
    { file: path.join(folder, "label-shares.svg"), chart: shares },
    { file: path.join(folder, "co-occurrence.svg"), chart: pairs },
  ];
  for (const { file, chart } of figures) await writeFileAtomic(file, standaloneSvg(chart));
  return figures.map(({ file }) => file);
}

/** The sets as a table for the terminal: a row a property, a column a set. */
export function inspectionText({ sets }: CohortInspection): string {
  const labels = sets[0] === undefined ? [] : Object.keys(sets[0].tally.labels);
  const percent = (share: number | undefined): string =>
    share === undefined ? "" : `${(100 * share).toFixed(1)} %`;
  const views = [...new Set(sets.flatMap((set) => Object.keys(set.views)))].sort();
  const rows: string[][] = [
    ["", ...sets.map(({ name }) => name)],
    ["images", ...sets.map(({ images }) => String(images))],
    ["patients", ...sets.map(({ patients }) => String(patients))],
    ...labels.map((label) => [
      label,
      ...sets.map(({ tally, stated }) => {
        const found = stated.find((each) => each === label);
        return found === undefined ? "not stated" : percent(tally.labels[found].positive / tally.rows);
      }),
    ]),
    ["age, median", ...sets.map(({ ages }) => ages.quartiles?.[1].toFixed(0) ?? "unknown")],
    [
      "age, middle half",
      ...sets.map(({ ages: { quartiles } }) =>
        quartiles === null ? "unknown" : `${quartiles[0].toFixed(0)}-${quartiles[2].toFixed(0)}`,
      ),
    ],
    ["female", ...sets.map(({ sex }) => percent(sex.F))],
    ["sex unknown", ...sets.map(({ sex }) => percent(sex.unknown))],
    ...views.map((view) => [
      `view ${view}`,
      ...sets.map((set) => percent(Object.entries(set.views).find(([name]) => name === view)?.[1] ?? 0)),
    ]),
  ];
  return textColumns(rows);
}
