import path from "node:path";
import { filesBelow } from "../util/files-below.ts";

/** When things happened in a run. It differs from run to run, so nothing may depend on it. */
export const TIMINGS_FILE = "timings.jsonl";

/** All files of a finished run folder but its timings, relative to the study's folder, in order. */
export async function runFiles(studyFolder: string, runFolder: string): Promise<string[]> {
  const files = await filesBelow(path.join(studyFolder, runFolder));
  return files.filter((file) => file !== TIMINGS_FILE).map((file) => path.posix.join(runFolder, file));
}
