import path from "node:path";
import { layOutChest } from "../../src/datasets/phantom/chest.ts";
import { toPicture } from "../../src/datasets/phantom/develop.ts";
import type { Finding } from "../../src/datasets/phantom/finding.ts";
import { findingCentre } from "../../src/datasets/phantom/finding-centre.ts";
import { FORMATS } from "../../src/datasets/phantom/formats.ts";
import { planSite } from "../../src/datasets/phantom/plan-site.ts";
import type { PhantomSpec } from "../../src/datasets/phantom/render-phantom.ts";
import type { PhantomSite } from "../../src/datasets/phantom/site.ts";
import { labelImages, writePhantomSite } from "../../src/datasets/phantom/write-site.ts";
import type { ImageRecord } from "../../src/datasets/record.ts";

/** A frontal picture of a phantom site: what its hospital writes of it, and what is truly in it. */
export interface SitePicture {
  readonly record: ImageRecord;
  readonly file: string;
  readonly findings: readonly PlacedFinding[];
}

/** A finding and its middle in the picture, as shares of the picture's side. */
export interface PlacedFinding extends Finding {
  readonly x: number;
  readonly y: number;
}

/** Side of the pictures, as the study writes them. */
const PIXELS = 224;
const REPORT_EVERY = 1000;

/**
 * Writes a site and lists its frontal pictures. The true findings come from the plan that the pictures are drawn
 * from; no sidecar is opened.
 */
export async function sitePictures(
  site: PhantomSite,
  seed: number,
  images: number,
  folder: string,
): Promise<SitePicture[]> {
  await writePhantomSite({ ...site, seed, images, size: PIXELS }, folder, {
    workers: 2,
    onProgress: (done, total) => {
      if (done % REPORT_EVERY === 0) console.error(`${site.name}: ${done} of ${total} pictures`);
    },
  });
  const format = FORMATS[site.format];
  const context = { site, seed, size: PIXELS };
  return labelImages(site, seed, planSite(site, seed, images))
    .filter(({ image }) => image.view !== "lateral")
    .map(({ patient, study, image, labels }): SitePicture => {
      const relative = format.imagePath(context, patient, study, image);
      return {
        file: path.join(folder, relative),
        findings: placed(image.spec),
        record: {
          id: format.imageId(context, patient, study, image),
          patient: format.patientId(context, patient),
          study: format.studyId(context, patient, study),
          image: relative,
          view: image.view,
          sex: patient.sex,
          age: patient.age,
          site: site.name,
          licence: "synthetic",
          labels,
        },
      };
    });
}

function placed({ anatomy, posture, findings, exposure }: PhantomSpec): PlacedFinding[] {
  const chest = layOutChest(anatomy, posture, findings);
  return findings.map((finding) => {
    const centre = findingCentre(chest, finding);
    return { ...finding, ...toPicture(exposure.pose, centre.x, centre.y) };
  });
}
