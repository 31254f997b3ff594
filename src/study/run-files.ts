import path from "node:path";
import { filesBelow } from "../util/files-below.ts";

/** All files of a finished run folder, relative to the study's folder, in order. */
export async function runFiles(studyFolder: string, runFolder: string): Promise<string[]> {
  const files = await filesBelow(path.join(studyFolder, runFolder));
  return files.map((file) => path.posix.join(runFolder, file));
}
