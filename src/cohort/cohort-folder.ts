import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { writeExcluded } from "../datasets/excluded-file.ts";
import { type ImageRecord, VIEWS } from "../datasets/record.ts";
import { readTable, writeTable } from "../datasets/table-file.ts";
import { LABELS } from "../labels/label.ts";
import { countReasons } from "../util/count-reasons.ts";
import { describeIssue } from "../util/describe-issue.ts";
import { writeJsonAtomic } from "../util/files.ts";
import { messageOf, UserError } from "../util/user-error.ts";
import { COHORT_USES, type Cohort } from "./cohort.ts";
import { writeCohort, writeSetAside } from "./cohort-file.ts";
import { type CohortSource, readCohortSource } from "./cohort-source.ts";
import { DEFAULT_FLOOR_SHARE, drawSets } from "./draw-sets.ts";
import { labelShares } from "./label-shares.ts";
import { lookAtPictures } from "./look-at-pictures.ts";
import { type Cohorts, settleCohorts } from "./make-cohorts.ts";
import { NOTHING_SEEN } from "./picture.ts";
import { writeFileList, writePictures, writeReplaced } from "./picture-files.ts";
import { type Verified, verifySets } from "./verify-sets.ts";

export const COHORT_SCHEMA = "chexreason.cohort/1";

/** What to draw, as the command line says it; the defaults are the paper's. */
export const cohortSizesSchema = z.strictObject({
  sft: z.int().min(0).default(2000),
  rl: z.int().min(0).default(1000),
  validation: z.int().min(0).default(500),
  test: z.union([z.int().min(0), z.literal("rest")]).default(0),
  seed: z.int().min(0).default(0),
  floorShare: z.number().min(0).max(1).default(DEFAULT_FLOOR_SHARE),
  views: z.array(z.enum(VIEWS)).min(1).default(["AP", "PA"]),
});
export type CohortSizes = z.input<typeof cohortSizesSchema>;

/** The sets that a folder may hold. */
const SETS = ["sft", "rl", "validation", "test"] as const;

const count = z.int().min(0);
const summarySchema = z.object({
  schema: z.literal(COHORT_SCHEMA),
  request: cohortSizesSchema.extend({ stated: z.array(z.enum(LABELS)) }),
  /** Rows of the hospital's table, and records among them. */
  source: z.object({ rows: count, records: count }),
  /** Whether the picked files were read to their end. */
  images: z.enum(["unchecked", "decode"]),
  sets: z.array(
    z.object({
      name: z.string(),
      use: z.enum(COHORT_USES),
      rule: z.string(),
      images: count,
      patients: count,
      /** Share of images that each label is positive in. */
      shares: z.record(z.enum(LABELS), z.number()),
    }),
  ),
  /** Records in no set, by reason. */
  setAside: z.record(z.string(), count),
  /** Pictures that were drawn and could not be used, by reason. */
  replaced: z.record(z.string(), count),
  /** Picked files that are still to be fetched; listed in missing.txt. */
  missing: count,
});

/** `cohort.json`: what a folder of cohorts holds. */
export type CohortSummary = z.infer<typeof summarySchema>;

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
  if (!force && (await readText(file(folder, "cohort.json"))) !== null) {
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

/** Reads `cohort.json`. Throws UserError when the folder holds none. */
export async function readCohortFolder(folder: string): Promise<CohortSummary> {
  const name = file(folder, "cohort.json");
  const text = await readText(name);
  if (text === null)
    throw new UserError(
      `${name} is not there: draw the cohorts first, chexreason cohort make --out ${folder}`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${name}: not JSON (${messageOf(error)}); draw the cohorts again`);
  }
  const { data, error } = summarySchema.safeParse(value);
  if (error !== undefined)
    throw new UserError(`${name}: ${describeIssue(error, "top level")}; draw the cohorts again`);
  return data;
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
  await writeJsonAtomic(file(folder, "cohort.json"), summary);
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

async function readText(name: string): Promise<string | null> {
  try {
    return await readFile(name, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new UserError(`${name} cannot be read: ${messageOf(error)}`, 1, { cause: error });
  }
}
