import { readdir } from "node:fs/promises";
import { compareText } from "../util/compare-text.ts";

/** The names of the PNG, JPEG and DICOM files in a folder, in order; none where there is no such folder, or a loop of links. */
export async function listImages(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => /\.(png|jpe?g|dcm|dicom)$/i.test(name)).sort(compareText);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return [];
    throw error;
  }
}
