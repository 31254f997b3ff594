import { readdir } from "node:fs/promises";
import path from "node:path";
import { compareText } from "../util/compare-text.ts";

/** The splits of the mirror, which are its own and not NIH's. */
export const MIRROR_SPLITS = ["train", "valid", "test"] as const;
export type MirrorSplit = (typeof MIRROR_SPLITS)[number];

/** One Parquet file of the mirror. */
export interface MirrorFile {
  /** Relative to the root, with forward slashes. */
  readonly file: string;
  readonly split: MirrorSplit;
  /** Unlike that of every other file, e.g. `train-00000-of-00097`. */
  readonly name: string;
}

/**
 * The Parquet files of a copy of the mirror, in order: `train-00000-of-00097.parquet` and so on in `data/` or the root
 * (the repository as it was uploaded), or `train/0000.parquet` in `default/` or the root (as the hub converts it). Of
 * several such places the first that has any; none where there is none.
 */
export async function findMirrorFiles(root: string): Promise<MirrorFile[]> {
  for (const folder of ["data", ""]) {
    const files = (await namesIn(path.join(root, folder))).flatMap((name): MirrorFile[] => {
      const split = MIRROR_SPLITS.find((each) => new RegExp(`^${each}-\\d+-of-\\d+\\.parquet$`).test(name));
      return split === undefined
        ? []
        : [{ file: path.posix.join(folder, name), split, name: path.parse(name).name }];
    });
    if (files.length > 0) return files;
  }
  for (const folder of ["default", ""]) {
    const files = await Promise.all(
      MIRROR_SPLITS.map(async (split) => {
        const names = await namesIn(path.join(root, folder, split));
        return names
          .filter((name) => /^\d+\.parquet$/.test(name))
          .map((name) => ({
            file: path.posix.join(folder, split, name),
            split,
            name: `${split}-${path.parse(name).name}`,
          }));
      }),
    );
    if (files.flat().length > 0) return files.flat();
  }
  return [];
}

/** A folder's names in order; none where it cannot be listed, since the places are guesses. */
async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort(compareText);
}
