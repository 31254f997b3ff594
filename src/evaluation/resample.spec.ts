import { describe, expect, it } from "vitest";
import { LABELS } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { packReadings } from "./packed-readings.ts";
import { resample } from "./resample.ts";
import { type Tally, tally } from "./tally.ts";

/** Patients with 1 to `most` images each. */
function randomTally(patients: number, most: number, seed: number): Tally {
  const random = randomStream(seed, "resample spec");
  const readings = Array.from({ length: patients }, (_, p) =>
    Array.from({ length: 1 + random.integer(most) }, (_, i) => {
      const failed = random.chance(0.1);
      return {
        id: `${p}/${i}`,
        patient: `p${p}`,
        truth: LABELS.filter(() => random.chance(0.3)),
        predicted: failed ? null : LABELS.filter(() => random.chance(0.3)),
        failure: failed ? "cut off" : null,
      };
    }),
  ).flat();
  const packed = packReadings({ model: "m", data: "d", stated: LABELS, readings });
  return tally(packed, [(1 << LABELS.length) - 1, 0b1011]);
}

/** The sums that a plain loop makes of the rows drawn, found by tagging each patient with its own column. */
function withPatientColumns(from: Tally): Tally {
  const { layout, patients } = from;
  const width = layout.width + patients;
  const rows = new Float64Array(patients * width);
  for (let p = 0; p < patients; p++) {
    rows.set(from.rows.subarray(p * layout.width, (p + 1) * layout.width), p * width);
    rows[p * width + layout.width + p] = 1;
  }
  return { layout: { ...layout, width }, patients, rows };
}

describe("resample", () => {
  it.each([
    [1, 1],
    [7, 3],
    [60, 1],
    [40, 9],
    [3000, 2],
  ])("sums the drawn rows as the plain loop does: %i patients of up to %i images", (patients, most) => {
    const plain = randomTally(patients, most, patients);
    const { width } = plain.layout;
    resample([withPatientColumns(plain)], { resamples: 5, seed: 3 }, ([sums = new Float64Array()]) => {
      const times = sums.subarray(width);
      expect(times.reduce((a, b) => a + b)).toBe(patients);
      const direct = new Float64Array(width);
      times.forEach((count, p) => {
        for (let c = 0; c < width; c++) {
          direct[c] = (direct[c] as number) + count * (plain.rows[p * width + c] as number);
        }
      });
      expect(sums.slice(0, width)).toEqual(direct);
    });
  });

  it("draws every patient equally often, and repeats for a seed", () => {
    const tallied = withPatientColumns(randomTally(20, 1, 1));
    const width = tallied.layout.width - 20;
    const drawn = new Float64Array(20);
    const all = (seed: number) => {
      const kept: number[][] = [];
      resample([tallied], { resamples: 20_000, seed }, ([sums = new Float64Array()]) => {
        sums.subarray(width).forEach((count, p) => {
          drawn[p] = (drawn[p] as number) + count;
        });
        if (kept.length < 50) kept.push([...sums]);
      });
      return kept;
    };
    const first = all(1);
    // Each is drawn binomially, 400,000 times with chance 1/20: five standard deviations are 690.
    for (const count of drawn) expect(Math.abs(count - 20_000)).toBeLessThan(690);
    expect(all(1)).toEqual(first);
    expect(all(2)).not.toEqual(first);
  });

  it("shows every tally the same draws", () => {
    const tallied = withPatientColumns(randomTally(15, 2, 5));
    resample([tallied, tallied], { resamples: 20, seed: 0 }, ([one, other]) => expect(one).toEqual(other));
  });

  it("refuses tallies of different patients", () => {
    expect(() =>
      resample([randomTally(3, 1, 1), randomTally(4, 1, 1)], { resamples: 1, seed: 0 }, () => {}),
    ).toThrow("different patients");
  });
});
