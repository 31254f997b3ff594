import { z } from "zod";
import { csvField } from "../datasets/excluded-file.ts";
import type { ImageRecord } from "../datasets/record.ts";
import { compareText } from "../util/compare-text.ts";
import { writeFileAtomic } from "../util/files.ts";
import { readJsonLineFile, writeJsonLineFile } from "../util/json-line-file.ts";
import type { Cohort } from "./cohort.ts";
import { imageKey } from "./picture.ts";
import type { Replacement } from "./settle.ts";

/**
 * Writes one path a line, relative to the hospital's root, each once and in order, as download tools take them:
 * `wget -x -nH -i files.txt --base=https://host/folder/`, `rsync --files-from=files.txt`, or
 * `sed 's|^|gs://bucket/|' files.txt | gsutil -m cp -I folder`.
 */
export async function writeFileList(file: string, records: readonly ImageRecord[]): Promise<void> {
  const paths = [...new Set(records.map(({ image }) => image))].sort(compareText);
  await writeFileAtomic(file, paths.map((image) => `${image}\n`).join(""));
}

/** Writes `replaced.csv`: set, old, new (blank where nothing took its place), reason and detail. */
export async function writeReplaced(file: string, replaced: readonly Replacement[]): Promise<void> {
  const rows = replaced.map(({ set, old, new: taken, reason, detail }) => [
    set,
    old.site,
    old.id,
    taken?.id ?? "",
    reason,
    detail,
  ]);
  const lines = [["set", "site", "old", "new", "reason", "detail"], ...rows];
  await writeFileAtomic(file, lines.map((row) => `${row.map(csvField).join(",")}\n`).join(""));
}

const lineSchema = z.strictObject({ set: z.string(), site: z.string(), id: z.string(), hash: z.string() });

/** Writes the pixel hash of every picture of some sets, as far as they are known. */
export async function writePictures(
  file: string,
  cohorts: readonly Cohort[],
  hashes: ReadonlyMap<string, string>,
): Promise<void> {
  const rows = cohorts.flatMap(({ name, records }) =>
    records.flatMap((record) => {
      const hash = hashes.get(imageKey(record));
      return hash === undefined ? [] : [{ set: name, site: record.site, id: record.id, hash }];
    }),
  );
  await writeJsonLineFile(file, rows);
}

/** Reads such a file back: hashes by `imageKey`. */
export async function readPictures(file: string): Promise<Map<string, string>> {
  const lines = await readJsonLineFile(file, lineSchema, {
    what: "hashes",
    remedy: "draw the cohorts again",
  });
  return new Map(lines.map(({ row }) => [imageKey(row), row.hash]));
}
