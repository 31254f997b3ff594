import path from "node:path";
import type { StageContext } from "./stage.ts";

/** A file's path relative to the study's folder, with forward slashes on every system. */
export function studyPath({ study }: Pick<StageContext, "study">, file: string): string {
  return path.relative(study.folder, file).split(path.sep).join("/");
}
