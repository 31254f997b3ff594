import type { Cohort, SetAside } from "../../cohort/cohort.ts";
import { readCohort, writeCohort, writeSetAside } from "../../cohort/cohort-file.ts";
import { assertPatientDisjoint, patientKey } from "../../cohort/disjoint.ts";
import { readTable } from "../../datasets/table-file.ts";
import { compareText } from "../../util/compare-text.ts";
import { randomStream } from "../../util/random.ts";
import { UserError } from "../../util/user-error.ts";
import { hospitalOf } from "../hospital-of.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { Stage } from "../stage.ts";
import { testSetFile } from "./test-set-stage.ts";

/** Where another hospital's images lie that a checkpoint is chosen by: `cohorts/choose-<data>.jsonl`. */
export const chooseSetFile = (data: string): string => `cohorts/choose-${data}.jsonl`;

const TRAINED_SETS = ["sft", "rl", "validation"] as const;

/**
 * Draws, at random, the images of another hospital that GRPO's best checkpoint is chosen by (`grpo.validateOn`), after
 * the test sets and from patients in none of them: who helped to choose may not appear in a verdict.
 * Not covered: the same picture under two patients' names.
 */
export function chooseSetStage(config: StudyConfig, data: string, n: number): Stage {
  const tests = Object.keys(config.evaluation.sets);
  return {
    name: `choose-set ${data}`,
    needs: ["cohort", `data ${data}`, ...tests.map((name) => `test-set ${name}`)],
    config: { n, seed: config.seed },
    async run(context) {
      const files = [...TRAINED_SETS.map((set) => `cohorts/${set}.jsonl`), ...tests.map(testSetFile)];
      const others = await Promise.all(files.map((file) => readCohort(context.path(file))));
      const hospital = hospitalOf(config);
      const personOf = ({ site, patient }: { site: string; patient: string }): string =>
        patientKey(hospital(site), patient);
      const taken = new Set(others.flatMap(({ records }) => records.map(personOf)));
      const records = [...(await readTable(context.path(`data/${data}.parquet`)))].sort((a, b) =>
        compareText(a.id, b.id),
      );
      const left = records.filter((record) => !taken.has(personOf(record)));
      if (left.length < n)
        throw new UserError(
          `grpo.validateOn.${data}: ${n} images asked for, ${left.length} are of patients in no other set; ` +
            `ask for fewer, or give evaluation.sets.${data}.n`,
        );
      const name = `choose-${data}`;
      const picked = randomStream(config.seed, "choose-set", data).shuffle(left).slice(0, n);
      const rule = `${n} of ${left.length} images of patients in no other set, drawn at random (seed ${config.seed})`;
      const cohort: Cohort = { name, use: "choose", rule, records: picked };
      assertPatientDisjoint([...others, cohort], hospital);
      const drawn = new Set(picked);
      const setAside = records
        .filter((record) => !drawn.has(record))
        .map((record): SetAside => {
          const { site, id, patient } = record;
          return {
            site,
            id,
            patient,
            reason: taken.has(personOf(record)) ? "patient used elsewhere" : "not drawn",
          };
        });
      const asideFile = `cohorts/${name}.set-aside.jsonl`;
      await writeCohort(context.path(chooseSetFile(data)), cohort);
      await writeSetAside(context.path(asideFile), setAside);
      return {
        files: [chooseSetFile(data), asideFile],
        summary: rule,
        facts: { n, rule, setAside: setAside.length },
      };
    },
  };
}
