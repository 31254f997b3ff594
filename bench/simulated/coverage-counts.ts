/** How often intervals held the true value, by what they were of and how they were made. */
export interface CoverageRow {
  readonly of: string;
  readonly method: string;
  /** Intervals with bounds, and those without. */
  readonly intervals: number;
  readonly undefined: number;
  readonly coverage: number;
  readonly standardError: number;
  readonly meanWidth: number;
}

interface Count {
  readonly of: string;
  readonly method: string;
  held: number;
  bounded: number;
  unbounded: number;
  width: number;
}

/** Counts intervals as they come. */
export class CoverageCounts {
  private readonly counts = new Map<string, Count>();

  add(of: string, method: string, truth: number, bounds: { low: number | null; high: number | null }): void {
    const key = `${of}|${method}`;
    const count = this.counts.get(key) ?? { of, method, held: 0, bounded: 0, unbounded: 0, width: 0 };
    this.counts.set(key, count);
    const { low, high } = bounds;
    if (low === null || high === null) {
      count.unbounded++;
      return;
    }
    count.bounded++;
    count.width += high - low;
    // Rounding in the last place is no miss: an interval may end at exactly 0 or 1.
    if (low - 1e-12 <= truth && truth <= high + 1e-12) count.held++;
  }

  rows(): CoverageRow[] {
    return [...this.counts.values()].map(({ of, method, held, bounded, unbounded, width }) => {
      const coverage = held / bounded;
      return {
        of,
        method,
        intervals: bounded,
        undefined: unbounded,
        coverage,
        standardError: Math.sqrt((coverage * (1 - coverage)) / bounded),
        meanWidth: width / bounded,
      };
    });
  }
}
