import { rm } from "node:fs/promises";
import path from "node:path";
import { writeExcluded } from "../datasets/excluded-file.ts";
import type { ImageRecord } from "../datasets/record.ts";
import { readTable, writeTable } from "../datasets/table-file.ts";
import { countReasons } from "../util/count-reasons.ts";
import { describeIssue } from "../util/describe-issue.ts";
import { writeJsonAtomic } from "../util/files.ts";
import { UserError } from "../util/user-error.ts";
import type { Cohort } from "./cohort.ts";
import { writeCohort, writeSetAside } from "./cohort-file.ts";
import { type CohortSource, readCohortSource } from "./cohort-source.ts";
import {
  COHORT_SCHEMA,
  type CohortSizes,
  type CohortSummary,
  cohortSizesSchema,
  holdsCohorts,
  readCohortFolder,
  summaryFile,
} from "./cohort-summary.ts";
import { drawSets } from "./draw-sets.ts";
import { labelShares } from "./label-shares.ts";
import { lookAtPictures } from "./look-at-pictures.ts";
import { type Cohorts, settleCohorts } from "./make-cohorts.ts";
import { NOTHING_SEEN } from "./picture.ts";
import { writeFileList, writePictures, writeReplaced } from "./picture-files.ts";
import { type Verified, verifySets } from "./verify-sets.ts";

/** The sets that a folder may hold. */
const SETS = ["sft", "rl", "validation", "test"] as const;

export interface VerifyOptions {
  /** The folder that the image paths are relative to. */
  readonly root: string;
  /** Replace files that are not there, instead of listing them. */
  readonly replaceMissing?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Draws the cohorts of one hospital into a folder, from its tables alone: `<set>.jsonl`, `set-aside.jsonl`,
 * `files.txt` (what to download), and `table.parquet`, from which replacements are drawn later. Throws UserError when
 * the folder holds other cohorts and `force` is not given.
 */
export async function makeCohortFolder(
  folder: string,
  source: CohortSource,
  sizes: CohortSizes,
  { force = false }: { force?: boolean } = {},
): Promise<CohortSummary> {
  const parsed = cohortSizesSchema.safeParse(sizes);
  if (!parsed.success) throw new UserError(`cohort make, ${describeIssue(parsed.error, "options")}`, 2);
  if (!force && (await holdsCohorts(folder))) {
    throw new UserError(
      `${folder} holds cohorts already, which something may have been trained on; name another folder, or --force`,
      2,
    );
  }
  const { table, stated } = await readCohortSource(source);
  const request = { ...parsed.data, stated: [...stated] };
  const settled = settleCohorts(drawSets(table.records, request), NOTHING_SEEN);
  await writeTable(file(folder, "table.parquet"), table.records);
  await writeExcluded(file(folder, "excluded.csv"), table.excluded);
  const rows = { rows: table.sourceRows, records: table.records.length };
  return writeAll(folder, request, rows, "unchecked", { settled, hashes: new Map(), awaited: [] });
}

/**
 * Looks at every picked file of such a folder, after the download, and puts the next candidates in the place of the
 * unusable ones and of those that are the same picture as one in another set. The cohorts are the same whenever, and
 * however often, this is done. `replaced.csv` says what was replaced; files that are still to be fetched are listed in
 * `missing.txt`.
 */
export async function verifyCohortFolder(folder: string, options: VerifyOptions): Promise<CohortSummary> {
  const { request, source } = await readCohortFolder(folder);
  const { root, replaceMissing = false, onProgress } = options;
  const drawn = drawSets(await readTable(file(folder, "table.parquet")), request);
  const look = lookAtPictures({
    rootOf: () => path.resolve(root),
    missing: replaceMissing ? "replace" : "await",
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const verified = await verifySets((findingOf) => settleCohorts(drawn, findingOf), setsOf, look);
  return writeAll(folder, request, source, "decode", verified);
}

async function writeAll(
  folder: string,
  request: CohortSummary["request"],
  source: CohortSummary["source"],
  images: CohortSummary["images"],
  { settled, hashes, awaited }: Verified<Cohorts>,
): Promise<CohortSummary> {
  const cohorts = setsOf(settled);
  for (const cohort of cohorts) await writeCohort(file(folder, `${cohort.name}.jsonl`), cohort);
  // What an earlier draw had and this one has not.
  const gone = SETS.filter((name) => cohorts.every((cohort) => cohort.name !== name));
  for (const name of gone) await rm(file(folder, `${name}.jsonl`), { force: true });
  await writeSetAside(file(folder, "set-aside.jsonl"), settled.setAside);
  await writeFileList(
    file(folder, "files.txt"),
    cohorts.flatMap(({ records }) => records),
  );
  await writeReplaced(file(folder, "replaced.csv"), settled.replaced);
  await writePictures(file(folder, "pictures.jsonl"), cohorts, hashes);
  if (awaited.length > 0) await writeFileList(file(folder, "missing.txt"), awaited);
  else await rm(file(folder, "missing.txt"), { force: true });
  const summary: CohortSummary = {
    schema: COHORT_SCHEMA,
    request,
    source,
    images,
    sets: cohorts.map(({ name, use, rule, records }) => ({
      name,
      use,
      rule,
      images: records.length,
      patients: countPatients(records),
      shares: labelShares(records),
    })),
    setAside: countReasons(settled.setAside),
    replaced: countReasons(settled.replaced),
    missing: awaited.length,
  };
  // Last, so that a folder whose making was cut short counts as holding no cohorts.
  await writeJsonAtomic(summaryFile(folder), summary);
  return summary;
}

function setsOf({ sft, rl, validation, test }: Cohorts): Cohort[] {
  // A set that nobody asked for is no file: cohort files are never empty.
  return [sft, rl, validation, test]
    .filter((set) => set !== null)
    .filter(({ records }) => records.length > 0);
}

function countPatients(records: readonly ImageRecord[]): number {
  return new Set(records.map(({ patient }) => patient)).size;
}

const file = (folder: string, name: string): string => path.join(folder, name);
