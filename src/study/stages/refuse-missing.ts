import { rm } from "node:fs/promises";
import { writeFileList } from "../../cohort/picture-files.ts";
import type { ImageRecord } from "../../datasets/record.ts";
import { UserError } from "../../util/user-error.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { StageContext } from "../stage.ts";
import { radiographRoot } from "./radiograph-root.ts";

/** Throws UserError when picked files are not there yet, after writing the list of them to `cohorts/missing-<data>.txt`. */
export async function refuseMissing(
  context: StageContext,
  data: string,
  awaited: readonly ImageRecord[],
): Promise<void> {
  const list = `cohorts/missing-${data}.txt`;
  if (awaited.length === 0) return rm(context.path(list), { force: true });
  await writeFileList(context.path(list), awaited);
  throw new UserError(
    `${awaited.length} picked files are not under ${radiographRoot(context, data)}: fetch those listed in ` +
      `${context.path(list)} and run again, or set cohort.replaceMissing=true to draw others`,
  );
}

/** Throws UserError when the cohorts were drawn before the download: the same picture may be in two sets. */
export function refuseUnchecked({ cohort }: Pick<StudyConfig, "cohort">): void {
  if (cohort.images === "unchecked") {
    throw new UserError(
      "cohort.images is unchecked: no picture was looked at; fetch the files and set cohort.images=decode",
      2,
    );
  }
}
