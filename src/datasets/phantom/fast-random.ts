/** Uniform numbers in [0, 1) for the renderer's inner loops, where the named streams would be too slow. */
export type FastRandom = () => number;

const UINT32 = 2 ** 32;

/** Mulberry32: a 32-bit counter through an integer hash; all of it integer arithmetic, so the same everywhere. */
export function fastRandom(seed: number): FastRandom {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / UINT32;
  };
}

/** Uniform in [low, high). */
export function between(random: FastRandom, low: number, high: number): number {
  return low + (high - low) * random();
}

/**
 * Smooth noise over the unit square with values in [0, 1]: random values on a grid of `cells` x `cells`, joined by
 * a smooth step. Coordinates outside the square are clamped.
 */
export function smoothNoise(seed: number, cells: number): (x: number, y: number) => number {
  const random = fastRandom(seed);
  const width = cells + 1;
  const grid = Float32Array.from({ length: width * width }, random);
  const at = (index: number): number => grid[index] ?? 0;
  return (x, y) => {
    const gx = Math.min(cells - 1e-6, Math.max(0, x * cells));
    const gy = Math.min(cells - 1e-6, Math.max(0, y * cells));
    const column = Math.floor(gx);
    const row = Math.floor(gy);
    const fx = gx - column;
    const fy = gy - row;
    const sx = fx * fx * (3 - 2 * fx);
    const sy = fy * fy * (3 - 2 * fy);
    const corner = row * width + column;
    const top = at(corner) + (at(corner + 1) - at(corner)) * sx;
    const bottom = at(corner + width) + (at(corner + width + 1) - at(corner + width)) * sx;
    return top + (bottom - top) * sy;
  };
}
