import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LABELS, type Label } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { UserError } from "../util/user-error.ts";
import { type BalancedRequest, balancedSample, type Candidate, floorCount } from "./balanced-sample.ts";

const share = (picked: readonly Candidate[], label: Label): number =>
  picked.filter(({ labels }) => labels.includes(label)).length / picked.length;

const ask = (request: Partial<BalancedRequest>): BalancedRequest => ({
  count: 100,
  floorShare: 0.05,
  floorLabels: LABELS,
  name: "sft",
  ...request,
});

/** A hospital in which labels come together, and most are rare: prevalence from a half down to about 1 %. */
function skewedPool(size: number, seed: number): Candidate[] {
  const random = randomStream(seed, "pool");
  return Array.from({ length: size }, () => {
    const sick = random.uniform();
    const labels = LABELS.filter((_, at) => at > 0 && random.chance(sick * 0.9 * 0.72 ** at));
    return { labels: labels.length === 0 ? (["No Finding"] as const) : labels };
  });
}

describe("balancedSample", () => {
  it("lifts every rare label to its floor and leaves the common ones at the source's share", () => {
    const pool = skewedPool(20_000, 1);
    const picked = balancedSample(pool, ask({ count: 500 }), randomStream(1, "a"));
    expect(new Set(picked).size).toBe(500);
    for (const label of LABELS) {
      const target = Math.max(0.05, share(pool, label));
      expect(share(picked, label)).toBeGreaterThanOrEqual(0.05);
      // Within 4 images of 500; a random sample's standard deviation is 11 for a label in half of the images.
      expect(Math.abs(share(picked, label) - target)).toBeLessThanOrEqual(0.008 + 1e-9);
    }
  });

  it("keeps which labels come together", () => {
    const pool = skewedPool(20_000, 2);
    const together = (images: readonly Candidate[], a: Label, b: Label): number =>
      images.filter(({ labels }) => labels.includes(a) && labels.includes(b)).length / images.length;
    const picked = balancedSample(pool, ask({ count: 1000, floorShare: 0 }), randomStream(2, "a"));
    for (const [at, a] of LABELS.entries()) {
      for (const b of LABELS.slice(at + 1)) {
        expect(Math.abs(together(picked, a, b) - together(pool, a, b))).toBeLessThan(0.035);
      }
    }
  });

  it("depends on the seed, and on nothing else", () => {
    const pool = skewedPool(2000, 3);
    const draw = (seed: number) => balancedSample(pool, ask({}), randomStream(seed, "a"));
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });

  it("reaches the floors whenever they fit, or names a label and how many exist", () => {
    const labels = fc.subarray([...LABELS], { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(labels, { minLength: 1, maxLength: 60 }),
        fc.nat({ max: 60 }),
        fc.double({ min: 0, max: 0.2, noNaN: true }),
        fc.subarray([...LABELS]),
        fc.nat(),
        (sets, count, floorShare, floorLabels, seed) => {
          const pool = sets.map((set) => ({ labels: set }));
          const floor = floorCount(floorShare, count);
          const exist = (label: Label) => pool.filter((image) => image.labels.includes(label)).length;
          const enough = floorLabels.every((label) => exist(label) >= floor);
          const fits = count <= pool.length && enough && floor * floorLabels.length <= count;
          try {
            const picked = balancedSample(
              pool,
              ask({ count, floorShare, floorLabels }),
              randomStream(seed, "a"),
            );
            expect(new Set(picked).size).toBe(count);
            const reached = (label: Label) => picked.filter((image) => image.labels.includes(label)).length;
            for (const label of floorLabels) expect(reached(label)).toBeGreaterThanOrEqual(floor);
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
            expect(fits).toBe(false);
          }
        },
      ),
    );
  });

  it("takes every image of a label that has no more than its floor, and none twice", () => {
    const pool = Array.from({ length: 1000 }, (_, at) => ({
      labels: [at % 20 === 0 ? ("Fracture" as const) : ("Edema" as const)],
    }));
    const request = ask({ count: 125, floorShare: 0.4, floorLabels: ["Fracture"] });
    for (let seed = 0; seed < 10; seed++) {
      const picked = balancedSample(pool, request, randomStream(seed, "a"));
      expect(new Set(picked).size).toBe(125);
      expect(share(picked, "Fracture")).toBe(0.4);
    }
  });

  it("names the label that is too rare, the images that are too few, and floors that do not fit", () => {
    const pool = [
      ...Array.from({ length: 50 }, () => ({ labels: ["Edema" as const] })),
      ...Array.from({ length: 50 }, () => ({ labels: ["Fracture" as const] })),
      { labels: ["Pneumonia" as const] },
    ];
    const draw = (request: Partial<BalancedRequest>) => () =>
      balancedSample(pool, ask(request), randomStream(1, "a"));
    expect(draw({ count: 40, floorLabels: ["Edema", "Pneumonia"] })).toThrow(
      /cohort sft: Pneumonia is to be in 2 of 40 images \(floor 0\.05\), but only 1 exist/,
    );
    expect(draw({ count: 102 })).toThrow(/102 images asked for, 101 can be used/);
    expect(draw({ count: 40, floorShare: 0.6, floorLabels: ["Edema", "Fracture"] })).toThrow(
      /do not fit into 40/,
    );
  });
});

describe("floorCount", () => {
  it("is the fewest images that make the share, rounding noise aside", () => {
    expect(floorCount(0.05, 2000)).toBe(100);
    expect(floorCount(0.05, 101)).toBe(6);
    expect(floorCount(0.07, 100)).toBe(7);
    expect(floorCount(0, 100)).toBe(0);
  });
});
