import { latestReviews } from "../../teacher/review/latest-reviews.ts";
import { DECISIONS, RATING_RANGE, RATINGS, type Rating, type Review } from "../../teacher/review/review.ts";
import { traceHash } from "../../teacher/review/trace-hash.ts";
import type { Trace } from "../../teacher/trace.ts";
import type { KappaWeights } from "./cohen-kappa.ts";
import { type Measure, measureAgreement, type ReadTwice } from "./measure-agreement.ts";

/** Two readers on the traces that both have judged. */
export interface PairAgreement {
  readonly readers: readonly [string, string];
  /** Traces that both judged, and their patients. */
  readonly traces: number;
  readonly patients: number;
  /** Accept, edit or reject; plain kappa. */
  readonly decision: Measure;
  /** Ratings from 1 to 5; weighted kappa, over the traces that both have rated. */
  readonly ratings: Readonly<Record<Rating, Measure>>;
}

/** How far readers agree, or why that cannot be said. */
export type Agreement = {
  readonly schema: "chexreason.agreement/1";
  /** Traces that there are, and those that anybody has reviewed. */
  readonly traces: number;
  readonly reviewed: number;
  readonly readers: readonly { readonly reader: string; readonly traces: number }[];
  /** Reviews of traces that are not among these. */
  readonly ofOtherTraces: number;
  readonly weights: KappaWeights;
} & (
  | { readonly outcome: "agreement"; readonly pairs: readonly PairAgreement[] }
  | { readonly outcome: "no reviews" | "one reader" | "no trace read by two" }
);

export interface AgreementOptions {
  /** Of the ratings' kappa. */
  readonly weights: KappaWeights;
  readonly resamples: number;
  readonly seed: number;
}

/** Agreement of every two readers who have a trace in common, by their last word on each trace. */
export function agreement(
  traces: readonly Trace[],
  reviews: readonly Review[],
  options: AgreementOptions,
): Agreement {
  const patientOf = new Map(traces.map((trace) => [traceHash(trace), trace.patient]));
  const own = reviews.filter(({ trace }) => patientOf.has(trace));
  const latest = latestReviews(own);
  const names = [...new Set(own.map(({ reader }) => reader))].sort();
  const readers = names.map((reader) => ({
    reader,
    traces: [...latest.values()].filter((ofTrace) => ofTrace.has(reader)).length,
  }));
  const head = {
    schema: "chexreason.agreement/1",
    traces: traces.length,
    reviewed: latest.size,
    readers,
    ofOtherTraces: reviews.length - own.length,
    weights: options.weights,
  } as const;
  if (names.length === 0) return { ...head, outcome: "no reviews" };
  if (names.length === 1) return { ...head, outcome: "one reader" };
  const pairs = names.flatMap((first, index) =>
    names.slice(index + 1).flatMap((second) => {
      const both = [...latest].flatMap(([trace, ofTrace]) => {
        const [a, b] = [ofTrace.get(first), ofTrace.get(second)];
        return a === undefined || b === undefined ? [] : [{ a, b, patient: patientOf.get(trace) ?? "" }];
      });
      return both.length === 0 ? [] : [pairAgreement([first, second], both, options)];
    }),
  );
  return pairs.length === 0
    ? { ...head, outcome: "no trace read by two" }
    : { ...head, outcome: "agreement", pairs };
}

function pairAgreement(
  readers: readonly [string, string],
  both: readonly { a: Review; b: Review; patient: string }[],
  { weights, resamples, seed }: AgreementOptions,
): PairAgreement {
  const names = readers.join("/");
  const decided = both.map(({ a, b, patient }) => ({
    patient,
    first: DECISIONS.indexOf(a.decision),
    second: DECISIONS.indexOf(b.decision),
  }));
  const rated = (rating: Rating): ReadTwice[] =>
    both.flatMap(({ a, b, patient }) => {
      const [first, second] = [a.ratings[rating], b.ratings[rating]];
      if (first === undefined || second === undefined) return [];
      return [{ patient, first: first - RATING_RANGE.lowest, second: second - RATING_RANGE.lowest }];
    });
  const categories = RATING_RANGE.highest - RATING_RANGE.lowest + 1;
  const measure = (rating: Rating) =>
    measureAgreement(rated(rating), { categories, weights, resamples, seed, name: `${names} ${rating}` });
  return {
    readers,
    traces: both.length,
    patients: new Set(both.map(({ patient }) => patient)).size,
    decision: measureAgreement(decided, {
      categories: DECISIONS.length,
      weights: "none",
      resamples,
      seed,
      name: `${names} decision`,
    }),
    ratings: Object.fromEntries(RATINGS.map((rating) => [rating, measure(rating)])) as Record<
      Rating,
      Measure
    >,
  };
}
