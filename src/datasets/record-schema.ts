import { z } from "zod";
import { byLabel } from "../labels/label.ts";
import { LICENCE_CLASSES, VIEWS } from "./record.ts";

/** The 14 labels of a record read from a file. */
const labels = byLabel(() => z.union([z.literal(1), z.literal(0), z.literal(-1), z.null()]));

/** A record without its labels, read from a file. Keys that are not of the record are dropped. */
const recordFieldsSchema = z.object({
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
export const imageRecordSchema = recordFieldsSchema.extend({ labels: z.object(labels) });

/** A row of a table: a record with its labels beside the other columns. */
export const tableRowSchema = recordFieldsSchema.extend(labels);
