import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Results } from "../evaluation/results-table.ts";
import { SUBSETS } from "../evaluation/statistics.ts";
import { LABELS } from "../labels/label.ts";
import { describeIssue } from "../util/describe-issue.ts";
import { messageOf, UserError } from "../util/user-error.ts";

const value = z.number().nullable();
const estimate = z.object({ value, low: value, high: value });
const scores = { auroc: estimate, auprc: estimate, brier: estimate, calibrationError: estimate };
const resultsSchema = z.object({
  schema: z.literal("chexreason.results/1"),
  rows: z.array(
    z.object({
      model: z.string(),
      data: z.string(),
      labels: z.enum(SUBSETS),
      n: z.int(),
      patients: z.int(),
      labelCount: z.int(),
      failureRate: z.number(),
      failureRateInterval: estimate,
      macroPrecision: estimate,
      macroRecall: estimate,
      macroF1: estimate,
      microPrecision: estimate,
      microRecall: estimate,
      microF1: estimate,
      jaccard: estimate,
      jaccardValid: estimate,
      closedMacroF1: estimate,
      closedMicroF1: estimate,
      // A run from before there were scores has none.
      labelScores: z
        .object({ n: z.int(), ...scores })
        .nullable()
        .default(null),
      contaminations: z.array(z.string()).default([]),
      bestOf: z
        .object({
          text: z.string(),
          choices: z.array(z.object({ model: z.string(), k: z.int(), of: z.string() })),
        })
        .nullable()
        .default(null),
    }),
  ),
  labelScores: z
    .array(
      z.object({
        model: z.string(),
        data: z.string(),
        n: z.int(),
        label: z.enum(LABELS),
        support: z.int(),
        prevalence: z.number(),
        ...scores,
      }),
    )
    .default([]),
});

/** Reads a study's `reports/results.json`. */
export async function readResults(file: string): Promise<Results> {
  const refuse = (why: string) =>
    new UserError(`${file} cannot be read as results (${why}): delete it and run the study again`);
  let written: unknown;
  try {
    written = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw refuse(messageOf(error));
  }
  const parsed = resultsSchema.safeParse(written);
  if (!parsed.success) throw refuse(describeIssue(parsed.error, "top level"));
  return parsed.data;
}
