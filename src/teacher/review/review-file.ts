import { mkdir, open, readFile } from "node:fs/promises";
import path from "node:path";
import { syncPath } from "../../util/files.ts";
import { type JsonLine, readJsonLineFile } from "../../util/json-line-file.ts";
import { UserError } from "../../util/user-error.ts";
import { type Review, reviewSchema } from "./review.ts";

/** Where the reviews of a study's traces lie in its folder. */
export const REVIEW_FILE = "traces/reviews.jsonl";

const TERMS = { what: "reviews", remedy: "correct the line" };

/** Reads reviews with their lines. Throws a UserError that names the file, the line and the key. */
export function readReviewLines(file: string): Promise<JsonLine<Review>[]> {
  return readJsonLineFile(file, reviewSchema, TERMS);
}

/** The reviews of a file; none where there is no file. */
export async function readReviews(file: string): Promise<Review[]> {
  if ((await contentOf(file)) === null) return [];
  return (await readReviewLines(file)).map(({ row }) => row);
}

/**
 * Adds reviews to a file, which is made where it is missing; what stands in it stays as it is, byte for byte. The lines
 * are on the disk when this returns. Reviews that the file holds already are passed over: returns how many were added.
 */
export async function appendReviews(file: string, reviews: readonly Review[]): Promise<number> {
  const old = (await contentOf(file)) ?? "";
  if (old !== "" && !old.endsWith("\n"))
    throw new UserError(`reviews ${file}: the last line has no end; delete it, or end it with a line break`);
  const known = new Set((await readReviews(file)).map(lineOf));
  const added: string[] = [];
  for (const line of reviews.map(lineOf)) {
    if (known.has(line)) continue;
    known.add(line);
    added.push(line);
  }
  if (added.length === 0) return 0;
  await mkdir(path.dirname(file), { recursive: true });
  const handle = await open(file, "a");
  try {
    await handle.appendFile(added.join(""));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncPath(path.dirname(file));
  return added.length;
}

async function contentOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** A review as its line, keys in one order whatever order they came in. */
function lineOf(review: Review): string {
  const { schema, trace, reader, time, decision, reasons, ratings } = review;
  const text = review.decision === "edit" ? { text: review.text } : {};
  const { factual, complete, grounded, safe } = ratings;
  const ordered = { factual, complete, grounded, safe };
  return `${JSON.stringify({ schema, trace, reader, time, decision, reasons, ratings: ordered, ...text })}\n`;
}
