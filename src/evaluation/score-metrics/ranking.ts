/**
 * How well scores rank the positive readings of one label above the negative ones. Ties count half (AUROC), or enter
 * the curve as one step (average precision). Reference: scikit-learn's roc_auc_score and average_precision_score.
 */

/** The readings of one label by ascending score; `weight` says how often each is counted. */
export interface Ranked {
  /** (n) positions of the readings, by ascending score. */
  readonly order: Int32Array;
  /** (n) in that order: whether the score is that of the reading before. */
  readonly tied: Uint8Array;
  /** (n) by position: 1 positive, 0 negative. */
  readonly truth: Uint8Array;
}

/** Sorts once, so that every resample only walks. */
export function rank(truth: Uint8Array, scores: Float64Array): Ranked {
  const score = (position: number): number => scores[position] as number;
  const order = Int32Array.from(scores.keys()).sort((a, b) => {
    const [one, other] = [score(a), score(b)];
    return one < other ? -1 : one > other ? 1 : a - b; // no subtraction: infinities are scores too
  });
  const tied = Uint8Array.from(order, (position, at) =>
    at > 0 && score(position) === score(order[at - 1] as number) ? 1 : 0,
  );
  return { order, tied, truth };
}

/** The chance that a positive reading scores above a negative one; NaN unless there are both. (n) weights by position. */
export function auroc({ order, tied, truth }: Ranked, weights: ArrayLike<number>): number {
  let [below, positives, pairs] = [0, 0, 0];
  for (let at = 0; at < order.length; ) {
    let [up, down] = [0, 0];
    do {
      const position = order[at] as number;
      if (truth[position]) up += weights[position] as number;
      else down += weights[position] as number;
      at++;
    } while (at < order.length && tied[at]);
    pairs += up * (below + down / 2);
    below += down;
    positives += up;
  }
  return positives > 0 && below > 0 ? pairs / (positives * below) : Number.NaN;
}

/**
 * The area under the precision-recall curve as steps: precision at each threshold, times the recall it adds. NaN
 * without a positive reading, where scikit-learn gives 0. A reader that knows nothing scores the prevalence.
 */
export function averagePrecision({ order, tied, truth }: Ranked, weights: ArrayLike<number>): number {
  let [positives, readings, sum] = [0, 0, 0];
  for (let at = order.length - 1; at >= 0; ) {
    let up = 0;
    for (let more = true; more; at--) {
      const position = order[at] as number;
      const weight = weights[position] as number;
      readings += weight;
      if (truth[position]) up += weight;
      more = tied[at] === 1;
    }
    positives += up;
    if (up > 0) sum += up * (positives / readings);
  }
  return positives > 0 ? sum / positives : Number.NaN;
}
