import { createHash } from "node:crypto";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A stream of pseudo-random numbers. Two streams made from the same seed and names are the same. */
export interface RandomStream {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  /** Normal with the given mean and standard deviation (Box-Muller, one value a call). */
  normal(mean?: number, standardDeviation?: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One element; throws on an empty list. */
  pick<T>(items: readonly T[]): T;
  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
}

/**
 * A stream for one purpose: `randomStream(7, "cohort", "sft")`. Streams with different names are independent, so
 * that drawing more in one place never shifts what another place draws.
 */
export function randomStream(seed: number | bigint, ...names: readonly (string | number)[]): RandomStream {
  const generator = xoroshiro128plus(seed32(seed, ...names));
  const uniform = (): number => uniformFloat64(generator);
  const integer = (below: number): number => uniformInt(generator, 0, below - 1);
  return {
    uniform,
    integer,
    normal(mean = 0, standardDeviation = 1) {
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      return mean + standardDeviation * radius * Math.cos(2 * Math.PI * uniform());
    },
    chance: (probability) => uniform() < probability,
    pick<T>(items: readonly T[]): T {
      const item = items[integer(items.length)];
      if (item === undefined) throw new Error("pick: the list is empty");
      return item;
    },
    shuffle<T>(items: readonly T[]): T[] {
      const shuffled = [...items];
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
      }
      return shuffled;
    },
  };
}

/** A signed 32-bit seed from a seed and names. */
function seed32(seed: number | bigint, ...names: readonly (string | number)[]): number {
  return createHash("sha256")
    .update(JSON.stringify([String(seed), ...names]))
    .digest()
    .readInt32LE(0);
}

/** An unsigned 64-bit seed from a seed and names, as the engine's Sample takes one for each completion. */
export function seed64(seed: number | bigint, ...names: readonly (string | number)[]): bigint {
  return createHash("sha256")
    .update(JSON.stringify([String(seed), ...names]))
    .digest()
    .readBigUInt64LE(0);
}
