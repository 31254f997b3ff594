import { readNihFindings } from "../labels/nih.ts";
import { readAge, readSex } from "./demographics.ts";
import type { NihSource } from "./hospital-source.ts";
import type { ImageRecord } from "./record.ts";
import { type RowVerdict, refuse } from "./table-builder.ts";

/** One image as NIH's table or its mirror describes it, not yet looked through. */
export interface NihEntry {
  readonly id: string;
  readonly patient: string;
  /** Relative to the root. */
  readonly image: string;
  readonly view: string;
  readonly sex: string;
  readonly age: string;
  readonly findings: readonly string[];
}

/** The record of an image, or why it is none. */
export function nihVerdict(entry: NihEntry, source: NihSource): RowVerdict {
  const { id, patient, image, view, findings } = entry;
  if (id === "" || patient === "") return refuse(id, "malformed row", "no image or no patient");
  if (view !== "AP" && view !== "PA") return refuse(id, "unknown view", view);
  if (findings.length === 0) return refuse(id, "no label", "Finding Labels is blank");
  const reading = readNihFindings(findings, source);
  if (reading.kind === "unknown") return refuse(id, "unknown label", reading.finding);
  const record: ImageRecord = {
    id,
    patient,
    study: id.replace(/\.[^.]*$/, ""),
    image,
    view,
    sex: readSex(entry.sex),
    age: readAge(entry.age),
    site: source.site,
    licence: source.licence ?? "open",
    labels: reading.row,
  };
  return { kind: "record", record };
}
