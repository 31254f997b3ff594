import { z } from "zod";
import { SHORTCUTS } from "../../engine/shortcuts.ts";
import { promptSource } from "../../prompts/read-prompt-file.ts";
import { SCOPES } from "../declared-variants.ts";
import { dataSchema } from "./data.ts";
import { evaluationSchema } from "./evaluation.ts";
import { refuseKeys } from "./refuse-keys.ts";
import { OURS, paper } from "./source.ts";
import { teacherSchema } from "./teacher.ts";
import { grpoSchema, sftSchema } from "./training.ts";

export const STUDY_SCHEMA = "chexreason.study/1";
/** A name that becomes a file's name. */
const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "use lower-case letters, digits and hyphens");

const DATA_RECIPE = paper("3.1");
const MODEL_RECIPE = paper("3.2.1");

/** The model that is trained. */
const modelSchema = z.strictObject({
  /** A folder (relative to the study file), or a hub id. */
  source: z.string(),
  /** A commit or tag; required for a hub id. */
  revision: z.string().optional(),
  dtype: z.enum(["bfloat16", "float32", "float64"]).default("bfloat16").meta(MODEL_RECIPE),
  /** Visual tokens of an image are held between the two; 0: the checkpoint's own. */
  minVisualTokens: z.int().min(0).default(256).meta(MODEL_RECIPE),
  maxVisualTokens: z.int().min(0).default(512).meta(MODEL_RECIPE),
  gradientCheckpointing: z.boolean().default(true).meta(MODEL_RECIPE),
  /** CPU threads; 0 leaves it to torch. Other numbers of threads round otherwise. */
  threads: z.int().min(0).default(0).meta(OURS),
  /**
   * Engines that share the work: one a GPU, or on the CPU one for some of the cores. Another number gives the same but for
   * rounding, and for dropout, whose masks are each rank's own.
   */
  ranks: z.int().min(1).max(64).default(1).meta(OURS),
  /** Shortcuts of the engine that are not taken: slower, to the same numbers but for rounding. */
  without: z.array(z.enum(SHORTCUTS)).default([]).meta(OURS),
});

/** What is drawn from the training hospital, disjoint by patient. */
const cohortSchema = z.strictObject({
  source: name,
  views: z
    .array(z.enum(["AP", "PA"]))
    .min(1)
    .default(["AP", "PA"])
    .meta(DATA_RECIPE),
  sft: z.int().positive().default(2000).meta(DATA_RECIPE),
  rl: z.int().positive().default(1000).meta(DATA_RECIPE),
  validation: z.int().positive().default(500).meta(DATA_RECIPE),
  /** A test set of the training hospital itself; 0: none, "rest": all that is left. */
  test: z
    .union([z.int().min(0), z.literal("rest")])
    .default(0)
    .meta(OURS),
  /** Smallest share of each label in the SFT and RL sets; 0: as they come. */
  floor: z.number().min(0).max(1).default(0.05).meta(DATA_RECIPE),
  /**
   * Whether the picked files are looked at: `decode` reads each to its end, replaces the unusable ones and finds the same
   * picture in two sets; `unchecked` works from the tables alone, before a download, and goes no further than the cohorts.
   */
  images: z.enum(["unchecked", "decode"]).default("decode").meta(OURS),
  /** Replace a picked file that is not there as if it were broken; by default it is an error that lists the files. */
  replaceMissing: z.boolean().default(false).meta(OURS),
});

const settings = z.strictObject({
  schema: z.literal(STUDY_SCHEMA),
  name,
  /** One line for the report's head. */
  title: z.string().optional(),
  /** Where the study lives, relative to the working folder; default `./<name>-study`. */
  folder: z.string().optional(),
  seed: z.int().min(0).default(0),
  /**
   * Seeds that SFT and GRPO are run with, each once on the same cohorts and traces and judged on the same test sets:
   * from several on, results and verdict speak of the recipe. They decide LoRA's first weights, order, dropout, rollouts
   * and a control's permutations; everything else goes by `seed`. Empty: one training, with `seed`.
   */
  trainingSeeds: z
    .array(z.int().min(0))
    .refine((seeds) => new Set(seeds).size === seeds.length, "each seed once")
    .default([]),
  model: modelSchema,
  data: z.record(name, dataSchema),
  cohort: cohortSchema,
  /**
   * Prompts of one's own, beside the built-in ones: in the file the path of a prompt file, relative to it, or the prompt
   * itself. `loadStudy` puts the file's content in the path's place, so that what is asked stands in the report.
   */
  prompts: z.array(promptSource).default([]),
  /** The prompt that traces answer and trained models are asked; Free Reasoning leads to the paper's GRPO model. */
  format: name.default("free"),
  teacher: teacherSchema,
  /** null trains nothing: the model is read as it came. GRPO starts from SFT, so it has to be null too. */
  sft: sftSchema.nullable().prefault({}),
  /** null leaves GRPO out. */
  grpo: grpoSchema.nullable().prefault({}),
  evaluation: evaluationSchema,
  /** How much of the variants is run: those of the headline alone, of the tables too, or all. */
  scope: z.enum(SCOPES).default("full"),
  /**
   * The same study several times over, each with other settings: name -> what to change (model, format, teacher, sft,
   * grpo, evaluation, title, reasons) and the `scope` that it belongs to. Each runs in a folder of its own,
   * `variants/<name>`, and takes over what another has done.
   */
  variants: z.record(name, z.record(z.string(), z.unknown())).default({}),
  /** Why a setting is not the paper's, by its key (`grpo.learningRate`); printed in the report beside both values. */
  reasons: z.record(z.string(), z.string()).default({}),
  /** What this study cannot show; printed in the report. */
  notes: z.array(z.string()).default([]),
});

/** `study.yaml`: all that decides what a study computes. Defaults are the paper's. */
export const studySchema = settings.superRefine(refuseKeys);

export type StudyConfig = z.infer<typeof studySchema>;
