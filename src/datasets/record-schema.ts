import { z } from "zod";
import { LABELS, type Label } from "../labels/label.ts";
import { type ImageRecord, LICENCE_CLASSES, VIEWS } from "./record.ts";

const labelValueSchema = z.union([z.literal(1), z.literal(0), z.literal(-1), z.null()]);

/** The 14 labels of a record read from a file. */
export const labelRowSchema = z.object(
  Object.fromEntries(LABELS.map((label) => [label, labelValueSchema])) as Record<
    Label,
    typeof labelValueSchema
  >,
);

/** A record without its labels, read from a file. Keys that are not of the record are dropped. */
export const recordFieldsSchema = z.object({
  id: z.string().min(1),
  patient: z.string().min(1),
  study: z.string().min(1),
  image: z.string().min(1),
  view: z.enum(VIEWS),
  sex: z.enum(["F", "M"]).nullable(),
  age: z.number().nullable(),
  site: z.string().min(1),
  licence: z.enum(LICENCE_CLASSES),
});

/** A whole record, read from a file. */
export const imageRecordSchema: z.ZodType<ImageRecord> = recordFieldsSchema.extend({
  labels: labelRowSchema,
});
