import { LABELS, type Label } from "../../labels/label.ts";
import { randomStream } from "../../util/random.ts";
import type { Trace } from "../trace.ts";

/**
 * How a review set is drawn.
 * - `plain`: every set of n traces is equally likely, so that a share found in it estimates the share in all.
 * - `by-label`: strata by each trace's rarest label, as many of each as its share of all traces, but at least one while
 *   there are places: rare findings are looked at too, and shares lean towards them.
 */
export const SAMPLE_RULES = ["plain", "by-label"] as const;
export type SampleRule = (typeof SAMPLE_RULES)[number];

/** A review set, in random order; all traces where there are no more than n. The file's order plays no part. */
export function sampleTraces(
  traces: readonly Trace[],
  { n, rule, seed }: { n: number; rule: SampleRule; seed: number },
): Trace[] {
  const key = ({ site, id, format }: Trace) => JSON.stringify([site, id, format]);
  const sorted = traces.map((trace) => ({ trace, key: key(trace) })).sort((a, b) => (a.key < b.key ? -1 : 1));
  const shuffled = randomStream(seed, "review set").shuffle(sorted.map(({ trace }) => trace));
  if (rule === "plain" || shuffled.length <= n) return shuffled.slice(0, n);
  const rarest = rarestLabel(traces);
  const strata = LABELS.map((label) => shuffled.filter((trace) => rarest(trace) === label));
  const places = sharesOf(
    strata.map(({ length }) => length),
    n,
  );
  const drawn = new Set(strata.flatMap((stratum, index) => stratum.slice(0, places[index])));
  return shuffled.filter((trace) => drawn.has(trace));
}

/** The label of a trace that the fewest traces have; of equals the first in the labels' order. */
function rarestLabel(traces: readonly Trace[]): (trace: Trace) => Label | undefined {
  const count = new Map(
    LABELS.map((label) => [label, traces.filter(({ labels }) => labels.includes(label)).length]),
  );
  return ({ labels }) =>
    LABELS.filter((label) => labels.includes(label)).sort(
      (a, b) => (count.get(a) ?? 0) - (count.get(b) ?? 0),
    )[0];
}

/**
 * Parts n places among strata: one each while there are any, smallest strata first, the rest by largest remainder of
 * the stratum's share, never more than it holds.
 */
function sharesOf(sizes: readonly number[], n: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const places = sizes.map(() => 0);
  const bySize = sizes.map((_, index) => index).sort((a, b) => (sizes[a] ?? 0) - (sizes[b] ?? 0));
  let left = n;
  for (const index of bySize) {
    if (left === 0 || sizes[index] === 0) continue;
    places[index] = 1;
    left--;
  }
  for (; left > 0; left--) {
    // Whoever is furthest below its share gets the next place.
    const lack = (index: number) => ((sizes[index] ?? 0) / total) * n - (places[index] ?? 0);
    const open = bySize.filter((index) => (places[index] ?? 0) < (sizes[index] ?? 0));
    const next = open.reduce((best, index) => (lack(index) > lack(best) ? index : best));
    places[next] = (places[next] ?? 0) + 1;
  }
  return places;
}
