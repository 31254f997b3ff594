import path from "node:path";
import { type Agreement, type AgreementOptions, agreement } from "../evaluation/agreement/agreement.ts";
import { checkReviews } from "../teacher/review/check-reviews.ts";
import { type Review, reviewSchema } from "../teacher/review/review.ts";
import { appendReviews, REVIEW_FILE, readReviewLines, readReviews } from "../teacher/review/review-file.ts";
import { type ReviewItem, reviewItem } from "../teacher/review/review-item.ts";
import { type SampleRule, sampleTraces } from "../teacher/review/sample-traces.ts";
import { traceHash } from "../teacher/review/trace-hash.ts";
import type { Trace } from "../teacher/trace.ts";
import { readTraceFile } from "../teacher/trace-file.ts";
import { describeIssue } from "../util/describe-issue.ts";
import { UserError } from "../util/user-error.ts";
import type { Study } from "./load-study.ts";
import { readRecord } from "./stage-record.ts";
import { traceFile } from "./stages/teach-stage.ts";

export interface ReviewSet {
  /** What it was drawn from. */
  readonly of: number;
  readonly items: readonly ReviewItem[];
}

/**
 * Draws a review set from a study's traces.
 * @param settings `seed`: by default the study's, so that every reader is given the same set; `unread`: only traces
 * that nobody has reviewed yet, for a further round
 */
export async function sampleStudyTraces(
  study: Study,
  settings: { n: number; rule: SampleRule; unread: boolean; seed?: number },
): Promise<ReviewSet> {
  const { unread, seed = study.config.seed, ...rest } = settings;
  const reviews = unread ? await readReviews(path.join(study.folder, REVIEW_FILE)) : [];
  const read = new Set(reviews.map(({ trace }) => trace));
  const traces = (await studyTraces(study)).filter((trace) => !read.has(traceHash(trace)));
  return { of: traces.length, items: sampleTraces(traces, { ...rest, seed }).map(reviewItem) };
}

/** What became of new reviews; SFT goes by them when it runs next. */
export interface AddedReviews {
  readonly file: string;
  readonly added: number;
  /** Reviews that the file held already. */
  readonly known: number;
}

/** Adds the reviews of a file to the study's, all of them or, where one cannot be applied, none. */
export async function importReviews(study: Study, file: string): Promise<AddedReviews> {
  const lines = await readReviewLines(file);
  checkReviews(lines, await studyTraces(study));
  return append(
    study,
    lines.map(({ row }) => row),
  );
}

/**
 * Adds one review, of the trace whose hash begins so or whose image has that id.
 * @param review a review but for its schema and its trace's hash, not checked yet
 */
export async function addReview(study: Study, trace: string, review: object): Promise<AddedReviews> {
  const traces = await studyTraces(study);
  const found = traces.filter(
    (candidate) => candidate.id === trace || traceHash(candidate).startsWith(trace),
  );
  const [one] = found;
  if (one === undefined || found.length > 1)
    throw new UserError(
      `--trace ${trace} fits ${found.length} traces: give an image's id, or more of the hash that traces sample prints`,
      2,
    );
  const whole = { schema: "chexreason.review/1", trace: traceHash(one), ...review };
  const { data, error } = reviewSchema.safeParse(whole);
  if (error !== undefined) throw new UserError(`the review: ${describeIssue(error, "the review")}`, 2);
  checkReviews([{ row: data, where: "the review" }], traces);
  return append(study, [data]);
}

/** How far the readers of a study's traces agree. */
export async function studyAgreement(
  study: Study,
  options: Omit<AgreementOptions, "seed">,
): Promise<Agreement> {
  const reviews = await readReviews(path.join(study.folder, REVIEW_FILE));
  return agreement(await studyTraces(study), reviews, { ...options, seed: study.config.seed });
}

async function append(study: Study, reviews: readonly Review[]): Promise<AddedReviews> {
  const file = path.join(study.folder, REVIEW_FILE);
  const added = await appendReviews(file, reviews);
  return { file, added, known: reviews.length - added };
}

async function studyTraces(study: Study): Promise<Trace[]> {
  const { config, folder, file } = study;
  if ((await readRecord(folder, "teach")) === null)
    throw new UserError(`${folder} has no traces yet: run \`chexreason teach ${file}\` first`);
  return readTraceFile(path.join(folder, traceFile(config.format)));
}
