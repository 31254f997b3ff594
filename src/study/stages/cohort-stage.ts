import type { Cohort } from "../../cohort/cohort.ts";
import { writeCohort, writeSetAside } from "../../cohort/cohort-file.ts";
import { type Drawn, drawSets } from "../../cohort/draw-sets.ts";
import { labelShares } from "../../cohort/label-shares.ts";
import { lookAtPictures } from "../../cohort/look-at-pictures.ts";
import { type Cohorts, settleCohorts } from "../../cohort/make-cohorts.ts";
import { NOTHING_SEEN } from "../../cohort/picture.ts";
import { writeFileList, writePictures, writeReplaced } from "../../cohort/picture-files.ts";
import { type Verified, verifySets } from "../../cohort/verify-sets.ts";
import { readTable } from "../../datasets/table-file.ts";
import { countReasons } from "../../util/count-reasons.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { Stage, StageContext } from "../stage.ts";
import { statedBy } from "./data-stage.ts";
import { radiographRoot } from "./radiograph-root.ts";
import { refuseMissing } from "./refuse-missing.ts";

/** The pixel hashes of the training hospital's sets. */
export const PICTURES_FILE = "cohorts/pictures.jsonl";

/** Draws the training hospital's sets, disjoint by patient; every record is in one of them or set aside by reason. */
export function cohortStage(config: StudyConfig): Stage {
  const { source, floor, images, replaceMissing, ...sizes } = config.cohort;
  const request = { ...sizes, floorShare: floor };
  const stated = statedBy(config, source);
  return {
    name: "cohort",
    needs: [`data ${source}`],
    config: { request, stated, seed: config.seed, images, replaceMissing },
    async run(context) {
      const records = await readTable(context.path(`data/${source}.parquet`));
      const drawn = drawSets(records, { ...request, stated, seed: config.seed });
      const { settled, hashes, awaited } = await picturesOf(drawn, config, context);
      const { setAside, replaced } = settled;
      const cohorts = setsOf(settled);
      const files = cohorts.map(({ name }) => `cohorts/${name}.jsonl`);
      for (const cohort of cohorts) await writeCohort(context.path(`cohorts/${cohort.name}.jsonl`), cohort);
      const picked = cohorts.flatMap((cohort) => cohort.records);
      await writeSetAside(context.path("cohorts/set-aside.jsonl"), setAside);
      await writeFileList(context.path("cohorts/files.txt"), picked);
      await writeReplaced(context.path("cohorts/replaced.csv"), replaced);
      await writePictures(context.path(PICTURES_FILE), cohorts, hashes);
      await refuseMissing(context, source, awaited);
      return {
        files: [
          ...files,
          "cohorts/set-aside.jsonl",
          "cohorts/files.txt",
          "cohorts/replaced.csv",
          PICTURES_FILE,
        ],
        summary:
          `${cohorts.map(({ name, records: { length } }) => `${name} ${length}`).join(", ")}; ` +
          `${setAside.length} set aside${picturesText(config, replaced.length)}`,
        facts: {
          source: records.length,
          sets: cohorts.map(({ name, use, rule, records: own }) => ({
            name,
            use,
            rule,
            n: own.length,
            shares: labelShares(own),
          })),
          setAside: countReasons(setAside),
          images,
          replaced: countReasons(replaced),
        },
      };
    },
  };
}

/** What the pictures made of the draw; nothing, where they are not to be looked at. */
function picturesOf(
  drawn: Drawn,
  { cohort: { source, images, replaceMissing } }: StudyConfig,
  context: StageContext,
): Promise<Verified<Cohorts>> {
  if (images === "unchecked") {
    const settled = settleCohorts(drawn, NOTHING_SEEN);
    return Promise.resolve({ settled, hashes: new Map(), awaited: [] });
  }
  const look = lookAtPictures({
    rootOf: () => radiographRoot(context, source),
    missing: replaceMissing ? "replace" : "await",
    onProgress: (done, total) =>
      context.onProgress({ done, total, unit: "images", note: "looking at the files" }),
  });
  return verifySets((findingOf) => settleCohorts(drawn, findingOf), setsOf, look);
}

function setsOf({ sft, rl, validation, test }: Cohorts): Cohort[] {
  return [sft, rl, validation, ...(test === null ? [] : [test])];
}

/** For a stage's summary: what became of the pictures. */
export function picturesText({ cohort: { images } }: StudyConfig, replaced: number): string {
  if (images === "unchecked") return ", pictures not looked at";
  return replaced === 0 ? "" : `, ${replaced} unusable`;
}
