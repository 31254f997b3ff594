import type { ImageRecord } from "../datasets/record.ts";
import { patientKey } from "./disjoint.ts";

/** What looking at a record's file showed. `awaited`: it is not there yet, and is to be fetched. */
export type PictureFinding =
  | { readonly kind: "readable" /** `pixelHash` of the picture. */; readonly hash: string }
  | { readonly kind: "awaited" }
  | {
      readonly kind: "unusable";
      readonly reason: "missing file" | "unreadable image";
      readonly detail: string;
    };

/** The finding on a record, or undefined when nobody has looked at its file. */
export type FindingOf = (record: ImageRecord) => PictureFinding | undefined;

/** Before a download: nothing has been looked at. */
export const NOTHING_SEEN: FindingOf = () => undefined;

/** Looks at the files of some records; the findings are in the order of the records. */
export type LookAtPictures = (records: readonly ImageRecord[]) => Promise<PictureFinding[]>;

/** An image of one site, as a key. */
export function imageKey({ site, id }: Pick<ImageRecord, "site" | "id">): string {
  return patientKey(site, id);
}
