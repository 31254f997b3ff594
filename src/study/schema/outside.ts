import { z } from "zod";
import { DIALECTS } from "../../completions/dialects/dialect.ts";
import { OURS } from "./source.ts";
import { attestationSchema, endpoint, keyVariable, price } from "./teacher.ts";

/** A name that becomes a file's name. */
const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, "use lower-case letters, digits and hyphens")
  .refine(
    (text) => !/^(?:base|sft|grpo|always|prior|constant)$|^base-/.test(text),
    "this is the name of a reader that the study has anyway: choose another",
  );

const named = {
  /** As the results call it. */
  name,
  /** As its maker calls it, where the source does not say: what known contaminations are looked up by. */
  id: z.string().min(1).optional(),
};

/** How a model is asked, and how its answers are read. */
const asked = {
  /** One of the study's prompts; default `format`. */
  prompt: z.string().optional(),
  dialect: z.enum(DIALECTS).default("solution").meta(OURS),
  /** Default `evaluation.maxTokens`. */
  maxTokens: z.int().positive().optional(),
};

/** A model as `model` declares the study's own. */
const loaded = {
  /** A folder (relative to the study file), or a hub id. */
  source: z.string().min(1),
  /** A commit or tag; required for a hub id. */
  revision: z.string().optional(),
};

/** What somebody's model said already. */
const predictions = z.strictObject({
  kind: z.literal("predictions"),
  ...named,
  /**
   * Hospital of `evaluation.sets` -> file, relative to the study file; a hospital without one has no row. Parquet as
   * chexreason writes predictions; or CSV with a column that says which image, and a column for each label (1 or 0), or,
   * with `dialect`, a column `text` with the whole answers.
   */
  files: z
    .record(z.string(), z.string().min(1))
    .refine((files) => Object.keys(files).length > 0, "give a file"),
  dialect: z.enum(DIALECTS).optional(),
});

/** An adapter in PEFT's layout. */
const adapter = z.strictObject({
  kind: z.literal("adapter"),
  ...named,
  /** Its folder, relative to the study file. */
  source: z.string().min(1),
  /** What it was trained on; default the study's model. */
  base: z.strictObject(loaded).optional(),
  ...asked,
});

const model = z.strictObject({
  kind: z.literal("model"),
  ...named,
  ...loaded,
  dtype: z.enum(["bfloat16", "float32"]).default("bfloat16").meta(OURS),
  /** As in `model`; default the study's. */
  minVisualTokens: z.int().min(0).optional(),
  maxVisualTokens: z.int().min(0).optional(),
  ...asked,
});

/** A model behind an address; pictures go through the same guard as a teacher's. */
const openaiCompatible = z.strictObject({
  kind: z.literal("openai-compatible"),
  ...named,
  endpoint,
  model: z.string().min(1),
  /** The version that has to answer; null: whichever answers first. A change within a hospital stops the run. */
  modelVersion: z.string().min(1).nullable().default(null).meta(OURS),
  keyVariable: keyVariable.nullable().default(null),
  /** What stands in the system turn. */
  system: z.string().min(1).default("You read chest radiographs.").meta(OURS),
  ...asked,
  concurrency: z.int().min(1).max(64).default(4).meta(OURS),
  /** Longest side of the picture sent, pixels. */
  imageSide: z.int().min(64).max(4096).default(1024).meta(OURS),
  /** Most tokens that such a picture may count as, for the cap. */
  imageTokens: z.int().positive().default(2048).meta(OURS),
  price: price.default({ input: 0, output: 0 }),
  /** USD for one hospital, interrupted runs included. */
  spendingCap: z.number().positive().nullable().default(null),
  attestation: attestationSchema.nullable().default(null),
});

/** A model from elsewhere that is read, or was, on the study's test sets: a row of its results. */
export const outsideSchema = z.discriminatedUnion("kind", [predictions, adapter, model, openaiCompatible]);

export type OutsideConfig = z.infer<typeof outsideSchema>;
export type OutsidePredictions = z.infer<typeof predictions>;
export type OutsideLoaded = z.infer<typeof adapter> | z.infer<typeof model>;
export type OutsideCalled = z.infer<typeof openaiCompatible>;
