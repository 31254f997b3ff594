import { readdir } from "node:fs/promises";
import path from "node:path";
import type { Cohort } from "../cohort/cohort.ts";
import { readCohort } from "../cohort/cohort-file.ts";
import type { UseRegister } from "../cohort/use-register.ts";
import type { PatientUse } from "../evaluation/transfer/patient-use.ts";

/** Cohorts that train or choose: `sft.jsonl`, `choose-nih.jsonl`, not `sft.set-aside.jsonl`. */
const USED_COHORT = /^(?:sft|rl|validation|choose-[^.]+)\.jsonl$/;

/** The cohorts of a study's folder that something was fitted or chosen on. */
export async function usedCohorts(folder: string): Promise<Cohort[]> {
  const files = (await readdir(path.join(folder, "cohorts"))).filter((file) => USED_COHORT.test(file)).sort();
  return await Promise.all(files.map((file) => readCohort(path.join(folder, "cohorts", file))));
}

/** What the test patients were used for besides; none where the study drew the set itself. */
export function usesOf({ records }: Cohort, hospital: string, register: UseRegister): PatientUse[] {
  return records.flatMap(({ site, patient }) => {
    const use = register.useOf(site, patient);
    return use === null || use === "verdict" ? [] : [{ hospital, patient, use }];
  });
}
