import { expect, it } from "vitest";
import { randomStream } from "../../util/random.ts";
import { backOffMs } from "./back-off.ts";

const drawn = (base: number, tried: number): number[] => {
  const stream = randomStream(1, "back-off", tried);
  return Array.from({ length: 500 }, () => backOffMs(base, tried, stream));
};

it.each([
  [1000, 1, 1000],
  [1000, 2, 2000],
  [1000, 5, 16_000],
  [1000, 7, 60_000],
  [1000, 40, 60_000],
  [2, 3, 8],
])("of %d ms after %d failures waits between half of %d ms and all of it, spread", (base, tried, full) => {
  const waits = drawn(base, tried);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(full / 2);
  expect(Math.max(...waits)).toBeLessThanOrEqual(full);
  expect(new Set(waits).size).toBeGreaterThan(Math.min(4, full / 4));
});
