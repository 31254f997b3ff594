import { stat } from "node:fs/promises";
import path from "node:path";
import { verifyImages } from "../images/verify.ts";
import { mapParallel } from "../util/map-parallel.ts";
import type { ExcludedRow } from "./record.ts";
import type { ImageProgress, PlacedRecord } from "./table-builder.ts";

/**
 * How far a reader looks at the images: not at all (tables alone, before a download), whether the files are there,
 * or whether each decodes to its end.
 */
export const IMAGE_CHECKS = ["unchecked", "exist", "decode"] as const;
export type ImageCheck = (typeof IMAGE_CHECKS)[number];

/** Files asked for at a time; more gains nothing over the four threads that Node reads files with. */
const PARALLEL_STATS = 16;

/** Parts the records whose image is as it should be from those whose is not, each in the order given. */
export async function checkImages(
  root: string,
  placed: readonly PlacedRecord[],
  check: ImageCheck,
  onProgress?: ImageProgress,
): Promise<{ good: PlacedRecord[]; bad: ExcludedRow[] }> {
  if (check === "unchecked") return { good: [...placed], bad: [] };
  const files = placed.map(({ record }) => path.join(root, record.image));
  const problems =
    check === "decode" ? await decodeProblems(files, onProgress) : await findProblems(files, onProgress);
  const good: PlacedRecord[] = [];
  const bad: ExcludedRow[] = [];
  placed.forEach((each, index) => {
    const problem = problems[index];
    if (problem === null || problem === undefined) good.push(each);
    else bad.push({ file: each.file, row: each.row, id: each.record.id, ...problem });
  });
  return { good, bad };
}

type Problem = Pick<ExcludedRow, "reason" | "detail">;

async function decodeProblems(
  files: readonly string[],
  onProgress?: ImageProgress,
): Promise<(Problem | null)[]> {
  const verified = await verifyImages(files, onProgress === undefined ? {} : { onProgress });
  return verified.map((image) => {
    if (image.outcome === "ok") return null;
    if (image.outcome === "missing file") return { reason: "missing file", detail: "" };
    return { reason: "unreadable image", detail: `${image.outcome}: ${image.detail}` };
  });
}

async function findProblems(
  files: readonly string[],
  onProgress?: ImageProgress,
): Promise<(Problem | null)[]> {
  let done = 0;
  return mapParallel(files, PARALLEL_STATS, async (file): Promise<Problem | null> => {
    const problem = await findProblem(file);
    onProgress?.(++done, files.length);
    return problem;
  });
}

async function findProblem(file: string): Promise<Problem | null> {
  try {
    return (await stat(file)).isFile() ? null : { reason: "unreadable image", detail: "not a file" };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT" || code === "ENOTDIR") return { reason: "missing file", detail: "" };
    return { reason: "unreadable image", detail: code };
  }
}
