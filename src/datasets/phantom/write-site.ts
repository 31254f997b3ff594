import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { z } from "zod";
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
export const PHANTOM_VERSION = 4;
/** Written first as `begun` and last as `whole`: no picture is synced by itself, so only this says all are there. */
export const MARKER = "phantom-site.json";
const MARKER_SCHEMA = "chexreason.phantom-site/1";
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
  const truthFile = truthFileOf(folder);
  const fingerprint = hashBytes(JSON.stringify([PHANTOM_VERSION, site, seed, images, size]));
  const before = await readMarker(folder);
  if (before?.fingerprint === fingerprint && before.state === "whole") {
    return { outcome: "already there", pictures: before.pictures, folder, truthFile };
  }
  // Another site's pictures would lie among this one's. Only a folder that carries our marker is ever emptied.
  if (before && before.fingerprint !== fingerprint) await rm(folder, { recursive: true, force: true });
  const patients = planSite(site, seed, images);
  const written = labelImages(site, seed, patients);
  const marker = {
    schema: MARKER_SCHEMA,
    site: site.name,
    seed,
    images,
    size,
    pictures: written.length,
    fingerprint,
  };
  await writeJsonAtomic(path.join(folder, MARKER), { ...marker, state: "begun" });
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
  await writeJsonAtomic(path.join(folder, MARKER), { ...marker, state: "whole" });
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

const markerSchema = z.object({
  schema: z.literal(MARKER_SCHEMA),
  pictures: z.number().int(),
  fingerprint: z.string(),
  state: z.enum(["begun", "whole"]),
});

/** The folder's marker; undefined when there is none or it cannot be read: the site is then written anew. */
async function readMarker(folder: string): Promise<z.infer<typeof markerSchema> | undefined> {
  try {
    return markerSchema.parse(JSON.parse(await readFile(path.join(folder, MARKER), "utf8")));
  } catch {
    return undefined;
  }
}
