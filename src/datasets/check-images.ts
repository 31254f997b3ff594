import { stat } from "node:fs/promises";
import path from "node:path";
import { VerifiedFile } from "../images/verified-file.ts";
import { type VerifiedImage, verifyImages } from "../images/verify.ts";
import { mapParallel } from "../util/map-parallel.ts";
import type { ExcludedRow, HospitalTable } from "./record.ts";
import type { ImageProgress, PlacedRecord } from "./table-builder.ts";

/**
 * How far a reader looks at the images: not at all (tables alone, before a download), whether the files are there,
 * or whether each decodes to its end.
 */
export const IMAGE_CHECKS = ["unchecked", "exist", "decode"] as const;
export type ImageCheck = (typeof IMAGE_CHECKS)[number];

/** How far to look, and where what decoding shows is kept (JSON lines; nowhere when absent). */
export interface ImageChecking {
  readonly images: ImageCheck;
  readonly verified?: string | undefined;
}

/** The records parted by their images, each part in the order given. */
export interface CheckedImages {
  readonly good: readonly PlacedRecord[];
  readonly bad: readonly ExcludedRow[];
  /** What decoding gave besides; empty where nothing was decoded. */
  readonly decoded: Pick<HospitalTable, "hashes" | "verification">;
}

/** Files asked for at a time; more gains nothing over the four threads that Node reads files with. */
const PARALLEL_STATS = 16;

/** Parts the records whose image is as it should be from those whose is not. */
export async function checkImages(
  root: string,
  placed: readonly PlacedRecord[],
  { images, verified }: ImageChecking,
  onProgress?: ImageProgress,
): Promise<CheckedImages> {
  if (images === "unchecked") return { good: placed, bad: [], decoded: {} };
  const files = placed.map(({ record }) => path.join(root, record.image));
  if (images === "exist") return { ...part(placed, await findProblems(files, onProgress)), decoded: {} };
  const { found, verification } = await decodeAll(files, root, verified, onProgress);
  const hashes = new Map<string, string>();
  placed.forEach(({ record }, index) => {
    const image = found[index];
    if (image?.outcome === "ok") hashes.set(record.id, image.hash);
  });
  return { ...part(placed, found.map(problemOf)), decoded: { hashes, ...verification } };
}

type Problem = Pick<ExcludedRow, "reason" | "detail">;

function part(
  placed: readonly PlacedRecord[],
  problems: readonly (Problem | null)[],
): Pick<CheckedImages, "good" | "bad"> {
  const good: PlacedRecord[] = [];
  const bad: ExcludedRow[] = [];
  placed.forEach((each, index) => {
    const problem = problems[index];
    if (problem === null || problem === undefined) good.push(each);
    else bad.push({ file: each.file, row: each.row, id: each.record.id, ...problem });
  });
  return { good, bad };
}

async function decodeAll(
  files: readonly string[],
  root: string,
  verified: string | undefined,
  onProgress?: ImageProgress,
): Promise<{ found: VerifiedImage[]; verification: Pick<HospitalTable, "verification"> }> {
  const watched = onProgress === undefined ? {} : { onProgress };
  if (verified === undefined) return { found: await verifyImages(files, watched), verification: {} };
  const kept = await VerifiedFile.open(verified, root);
  try {
    const found = await verifyImages(files, { ...watched, kept });
    const { reused, damagedLines } = kept;
    return { found, verification: { verification: { reused, damagedLines } } };
  } finally {
    await kept.close();
  }
}

function problemOf(image: VerifiedImage): Problem | null {
  if (image.outcome === "ok") return null;
  if (image.outcome === "missing file") return { reason: "missing file", detail: "" };
  return { reason: "unreadable image", detail: `${image.outcome}: ${image.detail}` };
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
