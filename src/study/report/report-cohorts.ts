import type { Cohort } from "../../cohort/cohort.ts";
import { readCohort } from "../../cohort/cohort-file.ts";
import { LABELS } from "../../labels/label.ts";
import { positiveLabels } from "../../labels/policy.ts";
import type { ReportCohort } from "../../report/report-input.ts";
import { countsSchema } from "../schema/facts.ts";
import type { StageContext } from "../stage.ts";

/** Every set of the study with its counts, and what each drawing left out. */
export async function reportCohorts(
  context: StageContext,
  testSets: readonly { readonly data: string; readonly cohort: Cohort }[],
): Promise<ReportCohort[]> {
  const { source } = context.study.config.cohort;
  const drawn = await Promise.all(
    (["sft", "rl", "validation"] as const).map((name) => readCohort(context.path(`cohorts/${name}.jsonl`))),
  );
  const hospital = (data: string): ReportCohort["excluded"] =>
    excludedBy(context, `data ${data}`, "excluded");
  return [
    ...drawn.map((cohort, index) => ({
      ...counted(cohort),
      // The training hospital's losses, told once.
      excluded: index === 0 ? [...hospital(source), ...excludedBy(context, "cohort", "setAside")] : [],
    })),
    ...testSets.map(({ data, cohort }) => ({
      ...counted(cohort),
      excluded: [
        ...(data === source ? [] : hospital(data)),
        ...excludedBy(context, `test-set ${data}`, "setAside"),
      ],
    })),
  ];
}

function counted({ name, records }: Cohort): Omit<ReportCohort, "excluded"> {
  const labels = records.map((record) => positiveLabels(record.labels));
  return {
    name,
    images: records.length,
    patients: new Set(records.map(({ patient }) => patient)).size,
    positives: Object.fromEntries(
      LABELS.map((label) => [label, labels.filter((row) => row.includes(label)).length]),
    ),
  };
}

/** The reasons that a stage counted under one of its facts. */
function excludedBy(context: StageContext, stage: string, fact: string): ReportCohort["excluded"] {
  const counts = countsSchema.parse(context.result(stage).facts[fact]);
  return Object.entries(counts).map(([reason, count]) => ({ reason, count }));
}
