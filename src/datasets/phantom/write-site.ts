import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { hashBytes, writeFileAtomic, writeJsonAtomic } from "../../util/files.ts";
import { UserError } from "../../util/user-error.ts";
import { FORMATS } from "./formats.ts";
import type { WrittenImage } from "./hospital-format.ts";
import { labelStudy } from "./label-study.ts";
import { drawWithWorkers } from "./picture-pool.ts";
import { type PlannedPatient, planSite } from "./plan-site.ts";
import type { PhantomSite } from "./site.ts";
import { truthText } from "./truth-file.ts";

/** Raised whenever the same site and seed give other bytes, so that old folders are written anew. */
export const PHANTOM_VERSION = 1;
/** Written last: a folder with it is whole. */
export const MARKER = "phantom-site.json";
const DEFAULT_SIZE = 224;
const SMALLEST = 32;

export interface WriteOptions {
  /** Worker threads; 0 draws in this thread. The files do not depend on it. */
  readonly workers: number;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface WrittenSite {
  readonly outcome: "written" | "already there";
  /** Frontal and lateral pictures. */
  readonly pictures: number;
  readonly folder: string;
  /** The sidecar with the true findings, outside the hospital's folder: for analysis only. */
  readonly truthFile: string;
}

/** Where the true findings of a site in `folder` lie: beside it, never in it. */
export function truthFileOf(folder: string): string {
  return `${path.resolve(folder)}.truth/truth.jsonl`;
}

/**
 * Writes a phantom hospital in its own format into `folder`, and the true findings into a folder beside it. Same
 * site, seed, images and size: same bytes. A folder whose marker already says just that is left alone.
 * @param config `images` counts frontal pictures; `size` is their side in pixels (224 unless told).
 */
export async function writePhantomSite(
  config: PhantomSite & { readonly seed: number; readonly images: number; readonly size?: number },
  folder: string,
  options: WriteOptions,
): Promise<WrittenSite> {
  const { seed, images, size = DEFAULT_SIZE, ...site } = config;
  if (!Number.isInteger(images) || images < 1 || !Number.isInteger(size) || size < SMALLEST) {
    throw new UserError(
      `${site.name}: images must be at least 1 and size at least ${SMALLEST} pixels, whole numbers`,
      2,
    );
  }
  const patients = planSite(site, seed, images);
  const written = labelImages(site, seed, patients);
  const truthFile = truthFileOf(folder);
  const fingerprint = hashBytes(JSON.stringify([PHANTOM_VERSION, site, seed, images, size]));
  const marker = path.join(folder, MARKER);
  if ((await markedFingerprint(marker)) === fingerprint) {
    return { outcome: "already there", pictures: written.length, folder, truthFile };
  }
  const context = { site, seed, size };
  let done = 0;
  await drawWithWorkers({ ...context, folder }, patients, options.workers, (count) => {
    done += count;
    options.onProgress?.(done, written.length);
  });
  for (const file of FORMATS[site.format].tables(context, written)) {
    const bytes = file.gzip ? await promisify(gzip)(file.content) : file.content;
    await writeFileAtomic(path.join(folder, file.path), bytes);
  }
  await writeFileAtomic(truthFile, truthText(context, written));
  await writeJsonAtomic(marker, {
    schema: "chexreason.phantom-site/1",
    site: site.name,
    seed,
    images,
    size,
    pictures: written.length,
    fingerprint,
  });
  return { outcome: "written", pictures: written.length, folder, truthFile };
}

/** Every picture of the site beside what its hospital's labeler wrote of the study. */
export function labelImages(
  site: PhantomSite,
  seed: number,
  patients: readonly PlannedPatient[],
): WrittenImage[] {
  return patients.flatMap((patient) => {
    const byTraining = patient.split === "train" ? site.training : undefined;
    const { convention, noise } = byTraining ?? site;
    return patient.studies.flatMap((study) => {
      const names = [site.population, patient.index, study.index];
      const labels = labelStudy(study.findings, convention, noise, seed, names);
      return study.images.map((image) => ({ patient, study, image, labels }));
    });
  });
}

async function markedFingerprint(marker: string): Promise<string | undefined> {
  try {
    const parsed: unknown = JSON.parse(await readFile(marker, "utf8"));
    if (typeof parsed === "object" && parsed !== null && "fingerprint" in parsed)
      return String(parsed.fingerprint);
    return undefined;
  } catch {
    // No marker, or one cut short: the site is not whole and is written again.
    return undefined;
  }
}
