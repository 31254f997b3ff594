import { readdir } from "node:fs/promises";
import path from "node:path";
import { compareText } from "../util/compare-text.ts";
import { UserError } from "../util/user-error.ts";

/**
 * The table in a folder whose name, without a final `.gz`, matches; of several the last by name (the newest release),
 * and of a table and its gzip the former. Throws UserError naming the folder and what was looked for.
 */
export async function findTable(folder: string, pattern: RegExp, looksLike: string): Promise<string> {
  const name = await findTableName(folder, pattern);
  if (name === null) {
    throw new UserError(
      `${folder}: no ${looksLike} (or .gz) here; point the data root at the folder that holds it`,
    );
  }
  return path.join(folder, name);
}

/** The same, or null where there is none. */
export async function findTableName(folder: string, pattern: RegExp): Promise<string | null> {
  const names = (await listFolder(folder)).filter((name) => pattern.test(name.replace(/\.gz$/, "")));
  const plain = (name: string): string => name.replace(/\.gz$/, "");
  names.sort((a, b) => compareText(plain(b), plain(a)) || a.length - b.length);
  return names[0] ?? null;
}

/** A folder's names; throws UserError when the folder cannot be listed. */
export async function listFolder(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort(compareText);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new UserError(`${folder}: the data folder cannot be listed (${code}); check the root`, 2, {
      cause: error,
    });
  }
}
