import { randomStream } from "../util/random.ts";

/** How far a drawn mean of seeds is moved from the mean of all; see `SeedDraws`. */
export type SeedSpread = "plain" | "widened";

/**
 * Draws training seeds with replacement, as many as there are, for a crossed bootstrap of seeds and patients.
 *
 * `plain`: a drawn mean is as it is. `widened`: further from the mean of all by sqrt(S / (S - 1)), since S drawn seeds of S
 * vary by that much less than new ones would; one seed stays where it is.
 */
export class SeedDraws {
  private readonly random;
  private readonly widening: number;
  private drawn: readonly number[] = [];

  constructor(
    private readonly count: number,
    seed: number,
    spread: SeedSpread,
  ) {
    this.random = randomStream(seed, "bootstrap over training seeds");
    this.widening = spread === "widened" && count > 1 ? Math.sqrt(count / (count - 1)) : 1;
  }

  /** Draws the seeds that the following means are of. */
  next(): void {
    this.drawn = Array.from({ length: this.count }, () => this.random.integer(this.count));
  }

  /** The mean of a score over the drawn seeds. */
  mean(of: (seed: number) => number): number {
    const all = meanOver(this.count, of);
    let total = 0;
    for (const seed of this.drawn) total += of(seed);
    return all + this.widening * (total / this.count - all);
  }
}

/** The mean of a score over all seeds. */
export function meanOver(count: number, of: (seed: number) => number): number {
  let sum = 0;
  for (let seed = 0; seed < count; seed++) sum += of(seed);
  return sum / count;
}
