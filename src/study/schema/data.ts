import { z } from "zod";
import {
  chexpertSourceSchema,
  folderSourceSchema,
  mimicSourceSchema,
  nihSourceSchema,
} from "../../datasets/hospital-source.ts";

/** In a study the hospital's name is the key it stands under. */
const named = { site: true } as const;
const root = {
  root: z.string({ error: "give the hospital's folder here, or by --set data.<name>.root=FOLDER" }).min(1),
};

/** One of the four phantom hospitals: written in that hospital's own format, then read like any other. */
const phantomSchema = z.strictObject({
  kind: z.literal("phantom"),
  site: z.enum(["phantom-mimic", "phantom-chexpert", "phantom-nih", "phantom-neutral"]),
  /** Frontal pictures. */
  images: z.int().positive(),
  /** Side of the square pictures, pixels. */
  size: z.int().min(64).max(1024).default(224),
});

/** Where a hospital's images come from. The `kind` is the file format. */
export const dataSchema = z.discriminatedUnion("kind", [
  phantomSchema,
  mimicSourceSchema.omit(named).extend(root),
  chexpertSourceSchema.omit(named).extend(root),
  nihSourceSchema.omit(named).extend(root),
  folderSourceSchema.omit(named).extend(root),
]);

export type DataConfig = z.infer<typeof dataSchema>;
