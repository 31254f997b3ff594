import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { VIEWS } from "../datasets/record.ts";
import { LABELS } from "../labels/label.ts";
import { describeIssue } from "../util/describe-issue.ts";
import { messageOf, UserError } from "../util/user-error.ts";
import { COHORT_USES } from "./cohort.ts";
import { DEFAULT_FLOOR_SHARE } from "./draw-sets.ts";

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

/** What a folder of cohorts holds. */
export type CohortSummary = z.infer<typeof summarySchema>;

/** Where a folder's summary lies. */
export const summaryFile = (folder: string): string => path.join(folder, "cohort.json");

/** Whether cohorts were made in a folder. */
export async function holdsCohorts(folder: string): Promise<boolean> {
  return (await readText(summaryFile(folder))) !== null;
}

/** Reads `cohort.json`. Throws UserError when the folder holds none. */
export async function readCohortFolder(folder: string): Promise<CohortSummary> {
  const name = summaryFile(folder);
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

async function readText(name: string): Promise<string | null> {
  try {
    return await readFile(name, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new UserError(`${name} cannot be read: ${messageOf(error)}`, 1, { cause: error });
  }
}
