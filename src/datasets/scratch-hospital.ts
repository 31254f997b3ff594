import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";

/** A hospital's files in a temporary folder, for specs. */
export interface ScratchHospital {
  readonly root: string;
  remove(): Promise<void>;
}

/** Writes the given tables and, at each of the image paths, a small grey picture in the format of its name. */
export async function scratchHospital(
  tables: Readonly<Record<string, string | Uint8Array>>,
  images: readonly string[] = [],
): Promise<ScratchHospital> {
  const root = await mkdtemp(path.join(tmpdir(), "hospital-"));
  const picture = sharp({ create: { width: 4, height: 4, channels: 3, background: "#606060" } });
  const png = await picture.clone().png().toBuffer();
  const jpeg = await picture.clone().jpeg().toBuffer();
  const files = [
    ...Object.entries(tables),
    ...images.map((image) => [image, image.endsWith(".png") ? png : jpeg] as const),
  ];
  for (const [name, content] of files) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  }
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}
