import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { hashBytes } from "../../util/files.ts";

/** Every file under a folder with its bytes' hash, by relative path, in order: two folders are equal when these are. */
export async function folderBytes(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
  const pairs = await Promise.all(
    files.map(async (file) => [file, hashBytes(await readFile(path.join(folder, file)))] as const),
  );
  return Object.fromEntries(pairs);
}
