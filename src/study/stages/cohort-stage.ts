import { writeCohort, writeSetAside } from "../../cohort/cohort-file.ts";
import { makeCohorts } from "../../cohort/make-cohorts.ts";
import type { ImageRecord } from "../../datasets/record.ts";
import { readTable } from "../../datasets/table-file.ts";
import { LABELS } from "../../labels/label.ts";
import { positiveLabels } from "../../labels/policy.ts";
import { countReasons } from "../../util/count-reasons.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { Stage } from "../stage.ts";
import { statedBy } from "./data-stage.ts";

/** Draws the training hospital's sets, disjoint by patient; every record is in one of them or set aside by reason. */
export function cohortStage(config: StudyConfig): Stage {
  const { source, floor, ...sizes } = config.cohort;
  const request = { ...sizes, floorShare: floor };
  const stated = statedBy(config, source);
  return {
    name: "cohort",
    needs: [`data ${source}`],
    config: { request, stated, seed: config.seed },
    async run(context) {
      const records = await readTable(context.path(`data/${source}.parquet`));
      const { setAside, ...sets } = makeCohorts(records, {
        ...request,
        stated,
        seed: config.seed,
      });
      const cohorts = Object.values(sets).filter((cohort) => cohort !== null);
      for (const cohort of cohorts) await writeCohort(context.path(`cohorts/${cohort.name}.jsonl`), cohort);
      await writeSetAside(context.path("cohorts/set-aside.jsonl"), setAside);
      return {
        files: [...cohorts.map(({ name }) => `cohorts/${name}.jsonl`), "cohorts/set-aside.jsonl"],
        summary: `${cohorts.map(({ name, records: { length } }) => `${name} ${length}`).join(", ")}; ${setAside.length} set aside`,
        facts: {
          source: records.length,
          sets: cohorts.map(({ name, use, rule, records: picked }) => ({
            name,
            use,
            rule,
            n: picked.length,
            shares: labelShares(picked),
          })),
          setAside: countReasons(setAside),
        },
      };
    },
  };
}

/** Share of records that each label is positive in. */
function labelShares(records: readonly ImageRecord[]): Record<string, number> {
  const positives = records.map(({ labels }) => positiveLabels(labels));
  return Object.fromEntries(
    LABELS.map((label) => [
      label,
      positives.filter((row) => row.includes(label)).length / Math.max(1, records.length),
    ]),
  );
}
