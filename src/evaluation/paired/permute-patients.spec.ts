import { describe, expect, it } from "vitest";
import { LABELS } from "../../labels/label.ts";
import { randomStream } from "../../util/random.ts";
import { prepare } from "../prepare.ts";
import { type Tally, totals } from "../tally.ts";
import { permutePatients } from "./permute-patients.ts";

function tallyOf(name: string, patients: number, failing = 0): Tally {
  const [truths, answers] = [randomStream(1, "permute truth"), randomStream(1, "permute", name)];
  const readings = Array.from({ length: 2 * patients }, (_, i) => {
    const failed = answers.chance(failing);
    return {
      id: `${i}`,
      patient: `p${i % patients}`,
      truth: LABELS.filter(() => truths.chance(0.3)),
      predicted: failed ? null : LABELS.filter(() => answers.chance(0.3)),
      failure: failed ? "cut off" : null,
    };
  });
  return prepare({ model: name, data: "d", stated: LABELS, readings }, LABELS, ["cut off"]).tally;
}

describe("permutePatients", () => {
  const [own, other] = [tallyOf("own", 3), tallyOf("other", 3, 0.3)];
  const row = ({ rows, layout: { width } }: Tally, patient: number): number[] => [
    ...rows.subarray(patient * width, (patient + 1) * width),
  ];
  const key = (sums: ArrayLike<number>) => Array.from(sums).join();

  it("reaches every exchange of whole patients, each about equally often, and nothing else", () => {
    const seen = new Map<string, number>();
    permutePatients([own, other], { permutations: 8000, seed: 2 }, (ours, theirs) => {
      const both = key(ours.map((value, c) => value + (theirs[c] as number)));
      expect(both).toBe(key(totals(own).map((value, c) => value + (totals(other)[c] as number))));
      seen.set(key(ours), (seen.get(key(ours)) ?? 0) + 1);
    });
    const wanted = Array.from({ length: 8 }, (_, bits) =>
      key(
        [0, 1, 2]
          .map((patient) => row((bits >> patient) & 1 ? other : own, patient))
          .reduce((a, b) => a.map((value, c) => value + (b[c] ?? 0))),
      ),
    );
    expect([...seen.keys()].sort()).toEqual([...new Set(wanted)].sort());
    // Each of 8 is drawn 1,000 times on average; five standard deviations are 148.
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(148);
  });

  it("repeats for a seed, and takes more patients than one number has bits", () => {
    const [many, more] = [tallyOf("own", 70), tallyOf("other", 70)];
    const draws = (seed: number) => {
      const kept: string[] = [];
      permutePatients([many, more], { permutations: 5, seed }, (ours) => kept.push(key(ours)));
      return kept;
    };
    expect(draws(1)).toEqual(draws(1));
    expect(draws(1)).not.toEqual(draws(2));
    expect(new Set(draws(1)).size).toBe(5);
  });

  it("refuses other patients", () => {
    expect(() => permutePatients([own, tallyOf("x", 4)], { permutations: 1, seed: 1 }, () => {})).toThrow(
      "different patients",
    );
  });
});
