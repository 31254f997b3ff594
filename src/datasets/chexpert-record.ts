import path from "node:path";
import type { LabelRow } from "../labels/label.ts";
import type { ChexpertHome } from "./chexpert-home.ts";
import type { ChexpertSource } from "./hospital-source.ts";
import { pathInRoot } from "./path-in-root.ts";
import type { ImageRecord, View } from "./record.ts";

/** `train/patient00001/study1`, with or without the image's file name. */
const STUDY_PATH = /^[^/]+\/(patient[^/]+)\/(study[^/]+)(?:\/[^/]+)?$/;

/**
 * A path of the tables without the release's folder, `train/patient00001/study1/view1_frontal.jpg`. Null when it
 * leaves the release.
 */
export function withoutRelease(text: string): string | null {
  return pathInRoot(text.replace(/^CheXpert-v[^/]*\//, ""));
}

/** Patient and study of a path, or null when it has not CheXpert's form. */
export function studyOf(id: string): { patient: string; study: string } | null {
  const match = STUDY_PATH.exec(id);
  const [, patient, study] = match ?? [];
  return patient === undefined || study === undefined ? null : { patient, study: `${patient}/${study}` };
}

/** Who the patient is, as far as a table says, and from where the picture was taken. */
export type ChexpertPerson = Pick<ImageRecord, "view" | "sex" | "age">;

/** The record of one image; `id` is its path within the release. */
export function chexpertRecord(
  id: string,
  owner: { patient: string; study: string },
  person: ChexpertPerson,
  labels: LabelRow,
  home: ChexpertHome,
  source: ChexpertSource,
): ImageRecord {
  return {
    id,
    ...owner,
    image: path.posix.join(home.inside, id),
    ...person,
    site: source.site,
    licence: source.licence ?? "no-redistribution",
    labels,
  };
}

/**
 * The view from `Frontal/Lateral` (or, where a table lacks it, the file's name) and `AP/PA`. Among the frontal rows
 * of the training table 17 say LL or RL: they are frontal by their name, AP or PA unknown.
 */
export function chexpertView(side: string, projection: string): View {
  if (/lateral/i.test(side)) return "lateral";
  if (!/frontal/i.test(side)) return "unknown";
  return projection === "AP" || projection === "PA" ? projection : "frontal";
}
