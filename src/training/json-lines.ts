import { appendFile, mkdir, readFile, stat, truncate } from "node:fs/promises";
import path from "node:path";
import { syncPath } from "../util/files.ts";
import { UserError } from "../util/user-error.ts";

/**
 * An append-only file of JSON lines that can be taken back to where a checkpoint saw it: an interrupted run cuts off
 * what it wrote after its last checkpoint and writes the same bytes again.
 */
export interface JsonLines {
  append(row: object): Promise<void>;
  /** Bytes so far; after `sync`, on the disk. */
  bytes(): number;
  sync(): Promise<void>;
}

/**
 * Opens a file at a length; 0 starts it anew.
 * @throws UserError when the file is shorter than the checkpoint says.
 */
export async function openJsonLines(file: string, length: number): Promise<JsonLines> {
  await mkdir(path.dirname(file), { recursive: true });
  await appendFile(file, ""); // makes a missing file
  await syncPath(path.dirname(file)); // and its name lasts
  const present = (await stat(file)).size;
  if (present < length)
    throw new UserError(
      `${file} has ${present} bytes, its checkpoint saw ${length}: the file was changed; delete the run folder to start over`,
    );
  await truncate(file, length);
  let bytes = length;
  return {
    async append(row) {
      const line = `${JSON.stringify(row)}\n`;
      await appendFile(file, line);
      bytes += Buffer.byteLength(line);
    },
    bytes: () => bytes,
    sync: () => syncPath(file),
  };
}

/** All rows of a file of JSON lines, as they are; the caller parses. A torn last line (a power cut) is left out. */
export async function readJsonLines(file: string): Promise<unknown[]> {
  const text = await readFile(file, "utf8");
  const whole = text.split("\n").slice(0, -1);
  return whole.map((line, index): unknown => {
    try {
      return JSON.parse(line);
    } catch {
      throw new UserError(`${file}, line ${index + 1}: not JSON; delete the run folder to start over`);
    }
  });
}
