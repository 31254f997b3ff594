import { mkdir } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { planSite } from "../../src/datasets/phantom/plan-site.ts";
import { renderPhantom } from "../../src/datasets/phantom/render-phantom.ts";
import { PHANTOM_MIMIC } from "../../src/datasets/phantom/sites.ts";
import { labelImages } from "../../src/datasets/phantom/write-site.ts";
import type { Label } from "../../src/labels/label.ts";
import { positiveLabels } from "../../src/labels/policy.ts";
import { freeReading } from "../../src/teacher/free-reading.ts";
import { randomStream } from "../../src/util/random.ts";
import { SEED } from "./settings.ts";

/** A drawn chest with words enough for any length of trace. */
export interface Drawn {
  /** PNG, relative to the folder of pictures. */
  readonly file: string;
  readonly labels: readonly Label[];
  readonly text: string;
}

/** Readings in one text: some 60 tokens each, so that the longest trace of the sweep can be cut from it. */
const READINGS = 14;

/** Draws frontal phantoms with a positive label as PNG files. */
export async function drawData(folder: string, count: number, pixels: number): Promise<Drawn[]> {
  await mkdir(folder, { recursive: true });
  const chosen = labelImages(PHANTOM_MIMIC, SEED, planSite(PHANTOM_MIMIC, SEED, 2 * count))
    .filter(({ image, labels }) => image.view !== "lateral" && positiveLabels(labels).length > 0)
    .slice(0, count);
  if (chosen.length < count)
    throw new Error(`${chosen.length} of ${count} phantoms are frontal and have a label`);
  const drawn: Drawn[] = [];
  for (const [index, { image, labels }] of chosen.entries()) {
    const file = `phantom-${index}.png`;
    const { data, width, height } = renderPhantom(image.spec, pixels);
    await sharp(data, { raw: { width, height, channels: 1 } })
      .toColourspace("b-w") // as radiographs are; else sharp writes three channels
      .png()
      .toFile(path.join(folder, file));
    const positive = positiveLabels(labels);
    const random = randomStream(SEED, "text", index);
    const text = Array.from({ length: READINGS }, () => freeReading(positive, "AP", random)).join(" ");
    drawn.push({ file, labels: positive, text });
  }
  return drawn;
}
