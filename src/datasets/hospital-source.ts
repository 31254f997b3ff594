import { z } from "zod";
import { LABELS } from "../labels/label.ts";
import { IMAGE_CHECKS } from "./check-images.ts";
import { LICENCE_CLASSES } from "./record.ts";

const common = {
  /** The folder that holds the hospital's tables. */
  root: z.string().min(1),
  /** The hospital's name in every record made from it. Two sources of one hospital need the same name. */
  site: z.string().min(1),
  /**
   * Whose patient ids these are; by default the hospital whose format it is (a folder is its own). Two sources of one
   * hospital may share no patient across sets. Name another where your hospital merely uses the format.
   */
  hospital: z.string().min(1).optional(),
  /** Replaces the licence class that goes with the hospital, e.g. `synthetic` for files of a made-up one. */
  licence: z.enum(LICENCE_CLASSES).optional(),
  /** How far to look at the images. */
  images: z.enum(IMAGE_CHECKS).default("exist"),
  /**
   * Where what decoding showed is kept, `<name>.verified.jsonl`, so that a reading that was interrupted goes on and one
   * that is repeated opens only files that changed. Without it every file is decoded each time.
   */
  verified: z.string().min(1).optional(),
  /** The table to read, relative to the root, where it has not its usual name. */
  table: z.string().min(1).optional(),
};

/** MIMIC-CXR-JPG 2.0.0 or 2.1.0. */
export const mimicSourceSchema = z.strictObject({
  kind: z.literal("mimic"),
  ...common,
  /** `test-labeled`: the studies of 2.1.0 whose labels were curated by hand; `labeler` says nothing then. */
  set: z.enum(["train", "validate", "test", "test-labeled", "all"]).default("all"),
  labeler: z.enum(["chexpert", "negbio"]).default("chexpert"),
});

/** CheXpert, full or small. */
export const chexpertSourceSchema = z.strictObject({
  kind: z.literal("chexpert"),
  ...common,
  set: z.enum(["train", "valid", "test"]),
});

/** The sets of NIH ChestX-ray14: the official lists, and the splits of the Parquet mirror, which are others. */
const NIH_SETS = ["train_val", "test", "mirror-train", "mirror-valid", "mirror-test", "all"] as const;

/** NIH ChestX-ray14. */
export const nihSourceSchema = z.strictObject({
  kind: z.literal("nih"),
  ...common,
  set: z.enum(NIH_SETS).default("all"),
  /** Read Effusion and Infiltration too. */
  wider: z.boolean().default(false),
  fibrosisAsPleuralOther: z.boolean().default(false),
});

/**
 * A folder of images with one table: image and labels (joined by `|`, or a column a label), and optionally patient,
 * study, view, sex, age.
 */
export const folderSourceSchema = z.strictObject({
  kind: z.literal("folder"),
  ...common,
  /** The labels that the table's makers looked for; the others stay unstated. */
  stated: z
    .array(z.enum(LABELS))
    .min(1)
    .default([...LABELS]),
});

/** Where a hospital's files lie and how to read them, as study.yaml and the command line say it. */
export const hospitalSourceSchema = z.discriminatedUnion("kind", [
  mimicSourceSchema,
  chexpertSourceSchema,
  nihSourceSchema,
  folderSourceSchema,
]);

export type HospitalSource = z.output<typeof hospitalSourceSchema>;
/** The same with everything that has a default left optional. */
export type HospitalSourceInput = z.input<typeof hospitalSourceSchema>;
export type MimicSource = z.output<typeof mimicSourceSchema>;
export type ChexpertSource = z.output<typeof chexpertSourceSchema>;
export type NihSource = z.output<typeof nihSourceSchema>;
export type FolderSource = z.output<typeof folderSourceSchema>;
