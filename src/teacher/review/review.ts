import { z } from "zod";

/** What a reader can do with a trace. */
export const DECISIONS = ["accept", "edit", "reject"] as const;
export type Decision = (typeof DECISIONS)[number];

/**
 * What a reader rates, from 1 (not at all) to 5 (fully).
 * - factual: what it says is true of the picture.
 * - complete: nothing that matters is left out.
 * - grounded: every conclusion rests on a sign that is named.
 * - safe: acting on it would do no harm.
 */
export const RATINGS = ["factual", "complete", "grounded", "safe"] as const;
export type Rating = (typeof RATINGS)[number];

/** The lowest and the highest rating. */
export const RATING_RANGE = { lowest: 1, highest: 5 } as const;

const rating = z.int().min(RATING_RANGE.lowest).max(RATING_RANGE.highest);
const reason = z.string().trim().min(1);

const common = {
  schema: z.literal("chexreason.review/1"),
  /** Hash of the trace that was read (`traceHash`). */
  trace: z.string().regex(/^[0-9a-f]{64}$/, "must be the 64 hexadecimal digits of a trace's hash"),
  /** Whoever read it: a short name, the same in all of their reviews. */
  reader: z
    .string()
    .regex(
      /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u,
      "must be a short name of letters, digits, dots and hyphens",
    ),
  /** When, in UTC: 2025-03-01T12:30:00.000Z. */
  time: z.iso.datetime(),
  ratings: z.partialRecord(z.enum(RATINGS), rating).default({}),
};

/**
 * One reader's judgement of one trace, a line of `traces/reviews.jsonl`. Lines are only ever added: whoever changes
 * their mind adds another, and the later one counts. An edit brings the whole answer as it should be; its original
 * stays in the trace file.
 */
export const reviewSchema = z.discriminatedUnion("decision", [
  z.strictObject({ ...common, decision: z.literal("accept"), reasons: z.array(reason).default([]) }),
  z.strictObject({
    ...common,
    decision: z.literal("edit"),
    reasons: z.array(reason).default([]),
    text: z.string().min(1),
  }),
  z.strictObject({
    ...common,
    decision: z.literal("reject"),
    reasons: z.array(reason).min(1, "a rejection needs a reason"),
  }),
]);

export type Review = z.infer<typeof reviewSchema>;
