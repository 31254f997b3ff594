import { type Command, Option } from "commander";
import { inspectData } from "../datasets/inspect/inspect-data.ts";
import { inspectReport } from "../datasets/inspect/inspect-report.ts";
import { renderInspection } from "../datasets/inspect/render-inspection.ts";
import { HOSPITAL_KINDS, type HospitalKind } from "../labels/label-mapping.ts";

interface InspectOptions {
  readonly kind?: HospitalKind;
  readonly set: readonly string[];
  readonly json?: boolean;
  readonly figures?: string;
}

/** `chexreason data inspect`: what a table or a release holds. */
export function addDataInspect(data: Command): void {
  data
    .command("inspect")
    .argument("<file-or-folder>", "a hospital's table, a table of chexreason's, or a release's folder")
    .description("count images, patients, views, labels and what stands together")
    .addOption(new Option("--kind <hospital>", "whose release a folder holds").choices(HOSPITAL_KINDS))
    .option("--set <key=value>", "a setting of the folder's reader (may be repeated)", repeated, [])
    .option("--figures <folder>", "write label-shares.svg and co-occurrence.svg there")
    .option("--json", "one object on stdout")
    .action(async (file: string, { kind, set, json = false, figures }: InspectOptions) => {
      const table = await inspectData(file, { kind, set });
      const report = inspectReport(file, table);
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderInspection(report));
      if (figures === undefined) return;
      const { writeLabelFigures } = await import("../report/charts/write-label-figures.ts");
      const files = await writeLabelFigures(figures, [[file, table.summary.tally]]);
      process.stderr.write(`chexreason: wrote ${files.join(", ")}\n`);
    });
}

const repeated = (value: string, before: readonly string[]): readonly string[] => [...before, value];
