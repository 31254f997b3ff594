import { readCohort, writeCohort, writeSetAside } from "../../cohort/cohort-file.ts";
import { assertPatientDisjoint } from "../../cohort/disjoint.ts";
import { drawTestSet } from "../../cohort/test-set.ts";
import { readTable } from "../../datasets/table-file.ts";
import { countReasons } from "../../util/count-reasons.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { Stage } from "../stage.ts";

/** The cohorts whose patients no test set may have. */
const TRAINED_SETS = ["sft", "rl", "validation"] as const;

/** Where the images come from that a model is judged on: `cohorts/test-<data>.jsonl`. */
export const testSetFile = (data: string): string => `cohorts/test-${data}.jsonl`;

/**
 * Draws a test set. From another hospital: all of its records, or n at random. From the training hospital: the test
 * patients that the cohorts set apart.
 */
export function testSetStage(config: StudyConfig, data: string): Stage {
  const isHome = data === config.cohort.source;
  const { n } = config.evaluation.sets[data] ?? { n: "all" as const };
  return {
    name: `test-set ${data}`,
    needs: ["cohort", ...(isHome ? [] : [`data ${data}`])],
    config: { n, seed: config.seed, isHome },
    async run(context) {
      const records = isHome
        ? (await readCohort(context.path("cohorts/test.jsonl"))).records
        : await readTable(context.path(`data/${data}.parquet`));
      const { cohort, setAside } = drawTestSet(`test-${data}`, records, n, config.seed);
      const trained = await Promise.all(
        TRAINED_SETS.map((set) => readCohort(context.path(`cohorts/${set}.jsonl`))),
      );
      assertPatientDisjoint([...trained, cohort]);
      const asideFile = `cohorts/test-${data}.set-aside.jsonl`;
      await writeCohort(context.path(testSetFile(data)), cohort);
      await writeSetAside(context.path(asideFile), setAside);
      return {
        files: [testSetFile(data), asideFile],
        summary: `${cohort.rule}; ${setAside.length} not drawn`,
        facts: { n: cohort.records.length, rule: cohort.rule, setAside: countReasons(setAside) },
      };
    },
  };
}
