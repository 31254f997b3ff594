import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { FORMATS } from "./formats.ts";
import type { PlannedPatient } from "./plan-site.ts";
import { renderLateral } from "./render-lateral.ts";
import { renderPhantom } from "./render-phantom.ts";
import type { PhantomSite } from "./site.ts";

/** What a picture is written as. */
const JPEG = { quality: 92 };
/** Grain does not compress: a light setting is nearly as small, and much faster. */
const PNG = { compressionLevel: 2 };

export interface PictureJob {
  readonly site: PhantomSite;
  readonly seed: number;
  readonly size: number;
  readonly folder: string;
}

/** Draws and writes every picture of the patients given. No fsync: the site's marker says when all is whole. */
export async function writePictures(
  job: PictureJob,
  patients: readonly PlannedPatient[],
  onPicture: () => void,
): Promise<void> {
  const format = FORMATS[job.site.format];
  for (const patient of patients) {
    for (const study of patient.studies) {
      for (const image of study.images) {
        const file = path.join(job.folder, format.imagePath(job, patient, study, image));
        const drawn =
          image.view === "lateral"
            ? renderLateral(image.spec, job.size)
            : renderPhantom(image.spec, job.size);
        const encoder = sharp(drawn.data, {
          raw: { width: drawn.width, height: drawn.height, channels: 1 },
        }).toColourspace("b-w");
        const bytes = await (format.encoding === "jpeg" ? encoder.jpeg(JPEG) : encoder.png(PNG)).toBuffer();
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, bytes);
        onPicture();
      }
    }
  }
}
