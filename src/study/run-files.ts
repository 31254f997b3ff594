import { readdir } from "node:fs/promises";
import path from "node:path";

/** All files of a finished run folder, relative to the study's folder, in order. */
export async function runFiles(studyFolder: string, runFolder: string): Promise<string[]> {
  const entries = await readdir(path.join(studyFolder, runFolder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      path.relative(studyFolder, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"),
    )
    .sort();
}
