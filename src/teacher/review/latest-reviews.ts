import type { Review } from "./review.ts";

/** Trace hash -> reader -> their last word on it, readers in order of name. */
export type LatestReviews = ReadonlyMap<string, ReadonlyMap<string, Review>>;

/** The reviews that count: of several by one reader on one trace the latest, of equal times the later line. */
export function latestReviews(reviews: readonly Review[]): LatestReviews {
  const latest = new Map<string, Map<string, Review>>();
  for (const review of reviews) {
    const ofTrace = latest.get(review.trace) ?? new Map<string, Review>();
    latest.set(review.trace, ofTrace);
    const earlier = ofTrace.get(review.reader);
    if (earlier === undefined || Date.parse(earlier.time) <= Date.parse(review.time))
      ofTrace.set(review.reader, review);
  }
  const byName = (a: readonly [string, Review], b: readonly [string, Review]) => (a[0] < b[0] ? -1 : 1);
  return new Map([...latest].map(([trace, ofTrace]) => [trace, new Map([...ofTrace].sort(byName))]));
}
