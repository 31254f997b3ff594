/** Ages in years, of those that are known; the quartiles are null where none is. */
export interface AgeSummary {
  readonly known: number;
  readonly unknown: number;
  readonly min: number | null;
  readonly q1: number | null;
  readonly median: number | null;
  readonly q3: number | null;
  readonly max: number | null;
}

/** Quartiles by linear interpolation between neighbours (Hyndman and Fan's type 7, NumPy's default). */
export function summarizeAges(ages: readonly number[], unknown: number): AgeSummary {
  const sorted = Float64Array.from(ages).sort();
  const at = (share: number): number | null => {
    const place = share * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return low === undefined || high === undefined ? null : low + (place - Math.floor(place)) * (high - low);
  };
  return { known: ages.length, unknown, min: at(0), q1: at(0.25), median: at(0.5), q3: at(0.75), max: at(1) };
}
