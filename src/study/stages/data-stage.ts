import { availableParallelism } from "node:os";
import path from "node:path";
import { writeExcluded } from "../../datasets/excluded-file.ts";
import type { HospitalSourceInput } from "../../datasets/hospital-source.ts";
import { PHANTOM_SITES } from "../../datasets/phantom/sites.ts";
import { PHANTOM_VERSION, writePhantomSite } from "../../datasets/phantom/write-site.ts";
import { readHospital, sourceLabels } from "../../datasets/read-hospital.ts";
import { writeTable } from "../../datasets/table-file.ts";
import type { Label } from "../../labels/label.ts";
import { countReasons } from "../../util/count-reasons.ts";
import { countText } from "../../util/count-text.ts";
import type { DataConfig } from "../schema/data.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { Stage, StageContext } from "../stage.ts";

type PhantomConfig = Extract<DataConfig, { kind: "phantom" }>;

/** Reads one hospital's files into `data/<name>.parquet`; every row that is not in it is in `<name>.excluded.csv`. */
export function dataStage(config: StudyConfig, name: string): Stage {
  const data = dataOf(config, name);
  return {
    name: `data ${name}`,
    needs: [],
    config: data.kind === "phantom" ? { data, seed: config.seed, version: PHANTOM_VERSION } : { data },
    async run(context) {
      const source =
        data.kind === "phantom" ? await drawPhantom(name, data, context) : { ...data, site: name };
      const verified = context.path(`data/${name}.verified.jsonl`);
      const table = await readHospital({ verified, ...source }, (done, total) =>
        context.onProgress({ done, total, unit: "images", note: "looking at the files" }),
      );
      const files = [`data/${name}.parquet`, `data/${name}.excluded.csv`] as const;
      await writeTable(context.path(files[0]), table.records);
      await writeExcluded(context.path(files[1]), table.excluded);
      const { sourceRows, records, excluded } = table;
      return {
        files,
        summary: `${countText(sourceRows, "row")}: ${countText(records.length, "record")}, ${excluded.length} excluded`,
        // A drawn hospital lies in the study, which may be moved.
        facts: {
          root: rootOf(name, data),
          sourceRows,
          records: records.length,
          excluded: countReasons(excluded),
        },
      };
    },
  };
}

/** The labels that a hospital of the study can state. */
export function statedBy(config: StudyConfig, name: string): readonly Label[] {
  const data = dataOf(config, name);
  return sourceLabels(data.kind === "phantom" ? phantomSource(name, data, "") : { ...data, site: name });
}

/** A hospital's configuration, by its name in the study. */
function dataOf(config: StudyConfig, name: string): DataConfig {
  const data = config.data[name];
  if (data === undefined) throw new Error(`study: no data named ${name}`);
  return data;
}

/** Absolute, or relative to the study's folder. */
function rootOf(name: string, data: DataConfig): string {
  return data.kind === "phantom" ? `hospitals/${name}` : path.resolve(data.root);
}

/** Draws a phantom hospital in its own files, as if they had been downloaded. */
async function drawPhantom(
  name: string,
  data: PhantomConfig,
  context: StageContext,
): Promise<HospitalSourceInput> {
  const site = PHANTOM_SITES.find((candidate) => candidate.name === data.site);
  if (site === undefined) throw new Error(`study: no phantom site ${data.site}`);
  const root = context.path(rootOf(name, data));
  const { images, size } = data;
  await writePhantomSite({ ...site, seed: context.study.config.seed, images, size }, root, {
    workers: availableParallelism(),
    onProgress: (done, total) => context.onProgress({ done, total, unit: "images", note: "drawing" }),
  });
  return phantomSource(name, data, root);
}

function phantomSource(site: string, data: PhantomConfig, root: string): HospitalSourceInput {
  const common = { root: path.resolve(root), site, licence: "synthetic" } as const;
  switch (data.site) {
    case "phantom-mimic":
      return { kind: "mimic", ...common };
    case "phantom-chexpert":
      return { kind: "chexpert", set: "test", ...common };
    case "phantom-nih":
      return { kind: "nih", ...common };
    case "phantom-neutral":
      return { kind: "folder", ...common };
  }
}
