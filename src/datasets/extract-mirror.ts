import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { writeFileAtomic, writeJsonAtomic } from "../util/files.ts";
import { streamParquet } from "../util/parquet.ts";
import { messageOf, UserError } from "../util/user-error.ts";
import type { MirrorFile } from "./nih-mirror-files.ts";
import type { ImageProgress } from "./table-builder.ts";

/** Where the mirror's images are put, in the mirror's folder. */
export const EXTRACTED = "extracted";

/** An image wanted out of a Parquet file: its 1-based row there, and its path relative to the root. */
export interface WantedImage {
  readonly file: MirrorFile;
  readonly row: number;
  readonly image: string;
}

const doneSchema = z.object({ bytes: z.number(), modified: z.number(), images: z.number() });

/**
 * Writes the wanted images as files of their own, byte for byte, since everything after the readers opens image files.
 * That doubles the room the mirror takes (45 GB). A Parquet file whose images were all written is left alone the next
 * time; a row without bytes leaves no file, which the check of the images then reports.
 */
export async function extractMirror(
  root: string,
  wanted: readonly WantedImage[],
  onProgress?: ImageProgress,
): Promise<void> {
  const byFile = new Map<MirrorFile, Map<number, string>>();
  for (const { file, row, image } of wanted) {
    const rows = byFile.get(file) ?? new Map<number, string>();
    byFile.set(file, rows.set(row, image));
  }
  let done = 0;
  for (const [mirror, images] of byFile) {
    const file = path.join(root, mirror.file);
    const marker = path.join(root, EXTRACTED, `${mirror.name}.done.json`);
    const { size, mtimeMs } = await stat(file);
    const now = { bytes: size, modified: mtimeMs, images: images.size };
    if (!(await isDone(marker, now))) {
      let row = 0;
      const start = done;
      await streamParquet(file, { bytes: ["image", "bytes"] }, "NIH's Parquet mirror", async ({ bytes }) => {
        const image = images.get(++row);
        if (image === undefined || !(bytes instanceof Uint8Array)) return;
        await writeImage(path.join(root, image), bytes);
        onProgress?.(++done, wanted.length);
      });
      done = start;
      await writeJsonAtomic(marker, now);
    }
    done += images.size;
    onProgress?.(done, wanted.length);
  }
}

async function isDone(marker: string, now: z.infer<typeof doneSchema>): Promise<boolean> {
  const text = await readFile(marker, "utf8").catch(() => null);
  if (text === null) return false;
  const done = doneSchema.safeParse(parseOrNull(text));
  return (
    done.success &&
    done.data.bytes === now.bytes &&
    done.data.modified === now.modified &&
    done.data.images === now.images
  );
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function writeImage(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFileAtomic(file, bytes);
  } catch (error) {
    throw new UserError(
      `${file}: the mirror's images are written beside it, and this one cannot be (${messageOf(error)}); copy the mirror to where there is room`,
      1,
      { cause: error },
    );
  }
}
