import { type FileHandle, mkdir, open, readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { messageOf, UserError } from "../util/user-error.ts";
import { DECODER_VERSION } from "./decode.ts";
import { IMAGE_FAILURES } from "./image-error.ts";
import type { VerifiedImage } from "./verify.ts";

/** What tells a file from what it was: the same path, size and time of change is taken for the same bytes. */
export interface FileStamp {
  readonly file: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

const stampShape = {
  decoder: z.int(),
  /** Relative to the root, with forward slashes. */
  path: z.string(),
  size: z.int().nonnegative(),
  modified: z.number(),
};

const lineSchema = z.union([
  z.object({
    ...stampShape,
    outcome: z.literal("ok"),
    width: z.int().positive(),
    height: z.int().positive(),
    sourceChannels: z.int().positive(),
    sourceBits: z.union([z.literal(8), z.literal(16)]),
    hash: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  z.object({ ...stampShape, outcome: z.enum(IMAGE_FAILURES), detail: z.string() }),
]);
type Line = z.infer<typeof lineSchema>;

/**
 * `<name>.verified.jsonl`: what decoding files showed, a line a file, appended as each is done, so that a run that was
 * killed goes on where it was. Of two lines on a file the later counts. A line that is broken (a run killed while it
 * wrote) is passed over and counted; one by another version of the decoder is not used.
 */
export class VerifiedFile {
  private readonly root: string;
  private readonly lines: ReadonlyMap<string, Line>;
  private readonly handle: FileHandle;
  private writing: Promise<unknown> = Promise.resolve();
  private reusedLines = 0;
  /** Lines that could not be read. */
  readonly damagedLines: number;

  private constructor(
    root: string,
    handle: FileHandle,
    content: { lines: ReadonlyMap<string, Line>; damaged: number },
  ) {
    this.root = root;
    this.handle = handle;
    this.lines = content.lines;
    this.damagedLines = content.damaged;
  }

  /**
   * Reads the file, if it is there, and opens it for appending; makes missing folders. `root`: the folder that paths in
   * it are relative to. Throws UserError where it cannot be read or written.
   */
  static async open(file: string, root: string): Promise<VerifiedFile> {
    try {
      await mkdir(path.dirname(file), { recursive: true });
      const handle = await open(file, "a");
      try {
        const text = await readFile(file, "utf8");
        // The next line must not be glued to one that was cut short.
        if (text !== "" && !text.endsWith("\n")) await handle.appendFile("\n");
        return new VerifiedFile(root, handle, readLines(text));
      } catch (error) {
        await handle.close();
        throw error;
      }
    } catch (error) {
      throw new UserError(`${file}: cannot be read and appended to: ${messageOf(error)}`, 1, {
        cause: error,
      });
    }
  }

  /** How many files were found in it. */
  get reused(): number {
    return this.reusedLines;
  }

  /** What is known of a file as it is now; null when nothing is. */
  find(stamp: FileStamp): VerifiedImage | null {
    const line = this.lines.get(this.pathOf(stamp.file));
    if (line === undefined || line.size !== stamp.size || line.modified !== stamp.modified) return null;
    this.reusedLines++;
    const { file } = stamp;
    if (line.outcome !== "ok") return { file, outcome: line.outcome, detail: line.detail };
    const { outcome, width, height, sourceChannels, sourceBits, hash } = line;
    return { file, outcome, width, height, sourceChannels, sourceBits, hash };
  }

  /** Appends what a file was found to be. */
  async keep({ file, size, modified }: FileStamp, image: VerifiedImage): Promise<void> {
    const { file: _, ...found } = image;
    const line = { decoder: DECODER_VERSION, path: this.pathOf(file), size, modified, ...found };
    // One after the other: two writes under way at once could mix where one is written in parts.
    const written = this.writing.then(() => this.handle.appendFile(`${JSON.stringify(line)}\n`));
    this.writing = written.catch(() => undefined);
    await written;
  }

  /** Brings what was appended to the disk and closes the file. */
  async close(): Promise<void> {
    await this.writing;
    try {
      await this.handle.sync();
    } finally {
      await this.handle.close();
    }
  }

  private pathOf(file: string): string {
    return path.relative(this.root, file).split(path.sep).join("/");
  }
}

function readLines(text: string): { lines: Map<string, Line>; damaged: number } {
  const lines = new Map<string, Line>();
  let damaged = 0;
  for (const each of text.split("\n")) {
    if (each.trim() === "") continue;
    const line = lineOf(each);
    if (line === null) damaged++;
    else if (line.decoder === DECODER_VERSION) lines.set(line.path, line);
  }
  return { lines, damaged };
}

function lineOf(text: string): Line | null {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
