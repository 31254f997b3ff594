import { z } from "zod";
import { DEFAULT_DELTA } from "../../evaluation/transfer/judge-transfer.ts";
import { outsideSchema } from "./outside.ts";
import { OURS, UNSTATED } from "./source.ts";

/** A name that becomes a file's name. */
const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "use lower-case letters, digits and hyphens");

/** How many images are taken of a set. */
const count = z.union([z.int().positive(), z.literal("all")]);

/** Which answers are scored label by label: src/evaluation/label-scores.ts. */
const labelScoresSchema = z.strictObject({
  /** Images of each set, drawn at random; the same for every reader. */
  n: count.default("all").meta(OURS),
  /** The study's own readers that are scored, as the results call them; default all. */
  readers: z.array(z.string()).min(1).optional(),
});

export const evaluationSchema = z.strictObject({
  /** The hospitals to be judged on, with the number of images drawn. */
  sets: z.record(name, z.strictObject({ n: count.default("all") })),
  /** 0: greedy. */
  temperature: z.number().min(0).default(0).meta(UNSTATED),
  maxTokens: z.int().positive().default(1024).meta(UNSTATED),
  /**
   * Prompts that the untrained model is read with, each as a row of its own, `base[<prompt>]`; all are compared with the
   * first. Without them it is read with `format` alone.
   */
  prompts: z.array(name).default([]),
  /** Models from elsewhere, each a row of its own under its name. */
  outside: z.array(outsideSchema).default([]),
  /**
   * How sure the models are of each label, for AUROC, AUPRC, Brier score and calibration error. It costs the scoring of
   * 15 short completions an answer, so by default (null) there is none; `{}` scores every answer.
   */
  labelScores: labelScoresSchema.nullable().default(null).meta(OURS),
  /**
   * The margin of the verdict on transfer: a change of matched macro-F1 below it counts as none. Declared here, before any
   * reading is looked at; `chexreason transfer --delta` tries another, and says that it was not the declared one.
   */
  margin: z.number().positive().default(DEFAULT_DELTA).meta(OURS),
  /**
   * What was picked as the best of `k` before or beside this study: a prompt, a format, a reward, a base model. Printed as
   * "best of k" beside the numbers of `model` and of what was trained from it. Checkpoints that the study picks itself are
   * counted without being declared.
   */
  chosen: z
    .array(z.strictObject({ model: z.string().min(1), k: z.int().min(2), of: z.string().min(1) }))
    .default([]),
  /** Bootstrap draws of patients. */
  resamples: z.int().min(100).default(10_000).meta(OURS),
});
