import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import type { ImageRecord } from "../../datasets/record.ts";
import { exampleRecord } from "../../datasets/testing/example-record.ts";
import { LABELS, labelRow } from "../../labels/label.ts";

const SIDE = 16;

/** Records with a small picture each, in which their number is drawn: `images/r<n>.png` under a folder. */
export async function numberedRecords(
  folder: string,
  count: number,
  changes: Partial<ImageRecord> = {},
): Promise<ImageRecord[]> {
  await mkdir(path.join(folder, "images"), { recursive: true });
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const pixels = Buffer.alloc(SIDE * SIDE, 128);
      pixels[0] = n & 255;
      pixels[1] = n >> 8;
      const png = await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 1 } })
        .png()
        .toBuffer();
      await writeFile(path.join(folder, `images/r${n}.png`), png);
      const label = LABELS[1 + (n % (LABELS.length - 1))] ?? "Edema";
      return exampleRecord({ id: `r${n}`, labels: labelRow({ [label]: 1 }), ...changes });
    }),
  );
}

/** The number in such a picture; -1 for another picture. */
export async function numberInPicture(png: Buffer): Promise<number> {
  const { data, info } = await sharp(png).toColourspace("b-w").raw().toBuffer({ resolveWithObject: true });
  return info.width === SIDE && info.channels === 1 ? (data[0] ?? 0) + 256 * (data[1] ?? 0) : -1;
}
