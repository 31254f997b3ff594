import path from "node:path";
import { hashFile } from "../files.ts";
import { filesBelow } from "../files-below.ts";

/** Every file under a folder with its bytes' hash, by relative path, in order: two folders are equal when these are. */
export async function folderBytes(folder: string): Promise<Record<string, string>> {
  const files = await filesBelow(folder);
  const pairs = await Promise.all(
    files.map(async (file) => [file, await hashFile(path.join(folder, file))] as const),
  );
  return Object.fromEntries(pairs);
}
