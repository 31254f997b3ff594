import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { settlingFactor } from "./settling-size.ts";
import { verdictOf } from "./verdict.ts";

const about = (value: number, half: number) => ({ value, low: value - half, high: value + half });
/** ((1.95996 + 0.84162) / 1.95996)^2 */
const FOR_POWER = ((1.959964 + 0.841621) / 1.959964) ** 2;

describe("settlingFactor", () => {
  it("is the hand-worked value for a gain at home whose loss away is in doubt", () => {
    // Home is clear. Away -0.01 +- 0.03: below 0 needs (0.03 / 0.01)^2 = 9, above -0.02 needs the same.
    expect(settlingFactor(about(0.05, 0.02), about(-0.01, 0.03), 0.02, 0.95)).toBeCloseTo(9 * FOR_POWER, 3);
    // Away -0.004: above -0.02 is the nearer, (0.03 / 0.016)^2.
    expect(settlingFactor(about(0.05, 0.02), about(-0.004, 0.03), 0.02, 0.95)).toBeCloseTo(
      (0.03 / 0.016) ** 2 * FOR_POWER,
      3,
    );
  });

  it("asks for more where the interval is of a higher level", () => {
    const [home, away] = [about(0.01, 0.03), about(0.01, 0.03)];
    const at95 = settlingFactor(home, away, 0.02, 0.95) ?? 0;
    // The same bounds at 97.5 %: the standard error is smaller, and so is the part for power.
    const at975 = settlingFactor(home, away, 0.02, 0.975) ?? 0;
    expect(at95 / at975).toBeCloseTo(FOR_POWER / ((2.241403 + 0.841621) / 2.241403) ** 2, 4);
  });

  it("is null where no size settles it", () => {
    // Nothing at home, a rise beyond delta away: there is no such verdict.
    expect(settlingFactor(about(0, 0.01), about(0.05, 0.01), 0.02, 0.95)).toBeNull();
  });

  it("settles: with intervals that much narrower some verdict holds", () => {
    const value = fc.integer({ min: -60, max: 60 }).map((x) => x / 1000);
    const half = fc.integer({ min: 1, max: 90 }).map((x) => x / 1000);
    fc.assert(
      fc.property(value, half, value, half, (homeValue, homeHalf, awayValue, awayHalf) => {
        const [home, away] = [about(homeValue, homeHalf), about(awayValue, awayHalf)];
        fc.pre(verdictOf(home, away, 0.02) === "inconclusive");
        const factor = settlingFactor(home, away, 0.02, 0.95);
        fc.pre(factor !== null);
        const shrink = Math.sqrt(factor);
        const narrower = [about(homeValue, homeHalf / shrink), about(awayValue, awayHalf / shrink)] as const;
        expect(verdictOf(...narrower, 0.02)).not.toBe("inconclusive");
      }),
    );
  });
});
