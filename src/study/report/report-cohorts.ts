import type { Cohort } from "../../cohort/cohort.ts";
import { readCohort } from "../../cohort/cohort-file.ts";
import type { Label } from "../../labels/label.ts";
import { positiveLabels } from "../../labels/policy.ts";
import type { ReportCohort } from "../../report/report-input.ts";
import { hashFile } from "../../util/files.ts";
import { countsSchema } from "../schema/facts.ts";
import type { StageContext } from "../stage.ts";
import { statedBy } from "../stages/data-stage.ts";
import { testSetFile } from "../stages/test-set-stage.ts";

/** Hex digits shown of a file's hash. */
const DIGITS = 16;

/** Every set of the study with its counts, and what each drawing left out. */
export async function reportCohorts(
  context: StageContext,
  testSets: readonly { readonly data: string; readonly cohort: Cohort }[],
): Promise<ReportCohort[]> {
  const { source } = context.study.config.cohort;
  const counted = async (
    cohort: Cohort,
    file: string,
    data: string,
  ): Promise<Omit<ReportCohort, "excluded">> => ({
    ...counts(cohort, statedBy(context.study.config, data)),
    hash: (await hashFile(context.path(file))).slice(0, DIGITS),
  });
  const drawn = await Promise.all(
    (["sft", "rl", "validation"] as const).map(async (name) => {
      const file = `cohorts/${name}.jsonl`;
      return counted(await readCohort(context.path(file)), file, source);
    }),
  );
  const tests = await Promise.all(
    testSets.map(async ({ data, cohort }) => ({ data, set: await counted(cohort, testSetFile(data), data) })),
  );
  const hospital = (data: string): ReportCohort["excluded"] =>
    excludedBy(context, `data ${data}`, "excluded");
  return [
    ...drawn.map((set, index) => ({
      ...set,
      // The training hospital's losses, told once.
      excluded: index === 0 ? [...hospital(source), ...excludedBy(context, "cohort", "setAside")] : [],
    })),
    ...tests.map(({ data, set }) => ({
      ...set,
      excluded: [
        ...(data === source ? [] : hospital(data)),
        ...excludedBy(context, `test-set ${data}`, "setAside"),
      ],
    })),
  ];
}

/** Positives of the labels that the hospital states; of the others there is nothing to count. */
function counts(
  { name, records }: Cohort,
  stated: readonly Label[],
): Omit<ReportCohort, "excluded" | "hash"> {
  const labels = records.map((record) => positiveLabels(record.labels));
  return {
    name,
    images: records.length,
    patients: new Set(records.map(({ patient }) => patient)).size,
    positives: Object.fromEntries(
      stated.map((label) => [label, labels.filter((row) => row.includes(label)).length]),
    ),
  };
}

/** The reasons that a stage counted under one of its facts. */
function excludedBy(context: StageContext, stage: string, fact: string): ReportCohort["excluded"] {
  const found = countsSchema.parse(context.result(stage).facts[fact]);
  return Object.entries(found).map(([reason, count]) => ({ reason, count }));
}
