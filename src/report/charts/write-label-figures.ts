import path from "node:path";
import type { LabelTally } from "../../labels/label-tally.ts";
import { writeFileAtomic } from "../../util/files.ts";
import { coOccurrence, coOccurrenceChart } from "./co-occurrence-chart.ts";
import { labelShares, labelSharesChart } from "./label-shares-chart.ts";
import { standaloneSvg } from "./standalone-svg.ts";

/** Sets of images by name, in the order they are drawn. */
export type NamedTallies = readonly (readonly [name: string, tally: LabelTally])[];

/** Writes how common labels are and what stands together as `label-shares.svg` and `co-occurrence.svg`; gives the paths. */
export async function writeLabelFigures(folder: string, tallies: NamedTallies): Promise<string[]> {
  const charts = [
    [
      "label-shares.svg",
      await labelSharesChart(
        "Share with each label",
        tallies.map(([name, tally]) => labelShares(name, tally)),
      ),
    ],
    [
      "co-occurrence.svg",
      await coOccurrenceChart(
        "Of those with the row's label, the percentage with the column's",
        tallies.map(([name, tally]) => coOccurrence(name, tally)),
      ),
    ],
  ] as const;
  const files: string[] = [];
  for (const [name, chart] of charts) {
    const file = path.join(folder, name);
    await writeFileAtomic(file, standaloneSvg(chart));
    files.push(file);
  }
  return files;
}
