import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { HOSPITAL_KINDS, type HospitalKind } from "../labels/label-mapping.ts";

const contaminationSchema = z.strictObject({
  model: z.array(z.string().min(3)).min(1),
  data: z.enum(HOSPITAL_KINDS),
  what: z.string().min(1),
  source: z.string().min(1),
  /** Whether the source says that the released model itself was trained on it. */
  certain: z.boolean(),
});
const tableSchema = z.strictObject({
  schema: z.literal("chexreason.known-contaminations/1"),
  contaminations: z.array(contaminationSchema),
});

/** A test set that a model is known to have met, or may have. */
export type Contamination = z.infer<typeof contaminationSchema>;

let table: readonly Contamination[] | null = null;

/** The table of known contaminations, `known-contaminations.yaml`. */
export function contaminationTable(): readonly Contamination[] {
  const file = fileURLToPath(new URL("./known-contaminations.yaml", import.meta.url));
  table ??= tableSchema.parse(parse(readFileSync(file, "utf8"))).contaminations;
  return table;
}

/**
 * What is known of a model and a kind of hospital. An empty list says that nothing is known, not that there is nothing.
 * @param ids what the model is called: hub id, folder, name
 */
export function knownContaminations(ids: readonly string[], data: HospitalKind): Contamination[] {
  const lower = ids.map((id) => id.toLowerCase());
  return contaminationTable().filter(
    (entry) =>
      entry.data === data && entry.model.some((word) => lower.some((id) => id.includes(word.toLowerCase()))),
  );
}

/** One line to stand beside a number. */
export function contaminationText({ what, source, certain }: Contamination): string {
  return `${certain ? "known" : "possible"} contamination: ${what} (${source})`;
}
