import { describe, expect, it } from "vitest";
import type { Label } from "../../labels/label.ts";
import { randomStream } from "../../util/random.ts";
import { evaluate } from "../evaluate.ts";
import type { Reading, ReadingSet } from "../reading.ts";
import { ageBand } from "./age-band.ts";
import { COMPARED_FROM, measureSubgroups, type Subgroups } from "./measure-subgroups.ts";
import { type GroupedRecord, subgroupOf } from "./subgroup.ts";

const STATED: Label[] = ["Edema", "Pneumonia", "Support Devices"];

interface Row extends Partial<GroupedRecord> {
  readonly patient: string;
  readonly truth: readonly Label[];
  readonly said: readonly Label[] | null;
}

function measured(
  rows: readonly Row[],
  stated: readonly Label[] = STATED,
  resamples = 200,
): [ReadingSet, Subgroups] {
  const readings = rows.map(
    ({ patient, truth, said }, index): Reading => ({
      id: `i${index}`,
      patient,
      truth,
      predicted: said,
      failure: said === null ? "cut off" : null,
    }),
  );
  const records = new Map(
    rows.map(({ sex = null, age = null, view = "unknown" }, index) => [`i${index}`, { sex, age, view }]),
  );
  const set = { model: "m", data: "d", stated, readings };
  return [set, measureSubgroups(set, records, { resamples, seed: 1 })];
}
const axisOf = (of: Subgroups, axis: string) => {
  const found = of.axes.find((table) => table.axis === axis);
  if (found === undefined) throw new Error(`no ${axis}`);
  return found;
};

/** 40 women of whom all with Edema are found, 40 men of whom half are. */
const parted = Array.from({ length: 80 }, (_, i): Row => {
  const sick = i % 2 === 0;
  const isMale = i >= 40;
  const found = sick && (!isMale || i % 4 === 0);
  return {
    patient: `p${i}`,
    sex: isMale ? "M" : "F",
    truth: sick ? ["Edema"] : ["Pneumonia"],
    said: found ? ["Edema"] : [],
  };
});

describe("measureSubgroups", () => {
  it("scores each group over the labels that every compared group has 20 of", () => {
    const [, of] = measured(parted);
    const { labels, groups, gap } = axisOf(of, "sex");
    expect(labels).toEqual(["Edema", "Pneumonia"]);
    // Women: Edema 1, Pneumonia 0. Men: Edema 2 * 10 / (20 + 10), Pneumonia 0.
    expect(
      groups.map(({ name, images, patients, macroF1 }) => [name, images, patients, macroF1.value]),
    ).toEqual([
      ["female", 40, 40, 0.5],
      ["male", 40, 40, 1 / 3],
    ]);
    expect(groups.map(({ jaccard }) => jaccard.value)).toEqual([0.5, 0.25]);
    expect(gap).toMatchObject({ outcome: "gap", worst: "male", best: "female", level: 0.95 });
    if (gap.outcome !== "gap") throw new Error("no gap");
    expect(gap.gap.value).toBeCloseTo(1 / 6, 12);
    expect(gap.gap.low).toBeGreaterThan(0.05);
    expect(gap.gap.high).toBeLessThan(0.35);
  });

  it("leaves a label out that one compared group has too few of", () => {
    const [, of] = measured(
      parted.map((row, i) => (i === 40 ? { ...row, truth: ["Support Devices"] as const } : row)),
    );
    expect(axisOf(of, "sex").labels).toEqual(["Pneumonia"]);
  });

  it("gives a group that is everybody the scores and intervals of the whole set", () => {
    const random = randomStream(3, "subgroups spec");
    const rows = Array.from(
      { length: 120 },
      (_, i): Row => ({
        patient: `p${i % 70}`,
        sex: "F",
        truth: STATED.filter(() => random.chance(0.4)),
        said: random.chance(0.1) ? null : STATED.filter(() => random.chance(0.4)),
      }),
    );
    const [set, of] = measured(rows);
    const whole = evaluate(set, { matched: STATED, resamples: 200, seed: 1 });
    const [all] = axisOf(of, "sex").groups;
    expect(axisOf(of, "sex").labels).toEqual(STATED);
    const bounds = ({
      value,
      low,
      high,
    }: {
      value: number | null;
      low: number | null;
      high: number | null;
    }) => [value, low, high].map((x) => x?.toFixed(10));
    expect(bounds(all?.macroF1 ?? whole.failureRate)).toEqual(
      bounds(whole.views[0]?.macro.f1 ?? whole.failureRate),
    );
    expect(bounds(all?.jaccard ?? whole.failureRate)).toEqual(
      bounds(whole.views[0]?.jaccard ?? whole.failureRate),
    );
    expect(bounds(all?.failureRate ?? { value: 0, low: 0, high: 0 })).toEqual(bounds(whole.failureRate));
    expect(axisOf(of, "sex").gap).toEqual({ outcome: "too few groups" });
  });

  it("describes a group of few patients, and of what is not stated, but compares neither", () => {
    const few = Array.from(
      { length: COMPARED_FROM - 1 },
      (_, i): Row => ({
        patient: `few${i}`,
        sex: "M",
        truth: ["Edema"],
        said: [],
      }),
    );
    const unknown = parted.map((row, i) => ({ ...row, patient: `u${i}`, sex: null }));
    const [, of] = measured([...parted.slice(0, 40), ...few, ...unknown]);
    const { groups, gap } = axisOf(of, "sex");
    expect(groups.map(({ name, use }) => [name, use])).toEqual([
      ["female", "compared"],
      ["male", "described"],
      ["not stated", "described"],
    ]);
    expect(gap).toEqual({ outcome: "too few groups" });
  });

  it("counts patients, not images, for what is compared", () => {
    const [, of] = measured(parted.map((row, i) => ({ ...row, patient: `p${i % 20}` })));
    expect(axisOf(of, "sex").groups.map(({ use }) => use)).toEqual(["described", "described"]);
  });

  it("widens the gap's interval by the number of pairs it was picked from", () => {
    const rows = [10, 30, 50].flatMap((age, band) =>
      Array.from(
        { length: 40 },
        (_, i): Row => ({
          patient: `${age}/${i}`,
          age,
          truth: ["Edema"],
          said: i < 10 * (band + 1) ? ["Edema"] : [],
        }),
      ),
    );
    const { gap } = axisOf(measured(rows)[1], "age");
    expect(gap).toMatchObject({ worst: "child (under 18)", best: "middle age (40 to 64)" });
    expect(gap.outcome === "gap" ? gap.level : 0).toBeCloseTo(1 - 0.05 / 3, 12);
  });

  it("names no worst group where all are alike", () => {
    const { gap } = axisOf(measured(parted.map((row) => ({ ...row, said: [] })))[1], "sex");
    expect(gap).toEqual({ outcome: "alike" });
  });

  it("says when no label has enough positives", () => {
    const rows = parted.map((row) => ({ ...row, truth: [], said: [] }));
    const { gap, groups } = axisOf(measured(rows)[1], "sex");
    expect(gap).toEqual({ outcome: "too few positives" });
    expect(groups.map(({ macroF1 }) => macroF1.value)).toEqual([null, null]);
  });
});

describe("subgroupOf", () => {
  const record: GroupedRecord = { sex: "F", age: 64, view: "frontal" };
  it("knows devices only where the hospital can state them", () => {
    expect(subgroupOf("device", record, ["Support Devices"], STATED)).toBe("device present");
    expect(subgroupOf("device", record, ["Edema"], STATED)).toBe("no device");
    expect(subgroupOf("device", record, ["Edema"], ["Edema"])).toBe("not stated");
  });

  it("puts what the table leaves open under not stated", () => {
    const open: GroupedRecord = { sex: null, age: null, view: "unknown" };
    for (const axis of ["sex", "age", "view"] as const)
      expect(subgroupOf(axis, open, [], STATED)).toBe("not stated");
  });

  it.each([
    [0, "child (under 18)"],
    [17.9, "child (under 18)"],
    [18, "young adult (18 to 39)"],
    [40, "middle age (40 to 64)"],
    [64.5, "middle age (40 to 64)"],
    [65, "older (65 to 79)"],
    [80, "oldest (80 and over)"],
    [120, "oldest (80 and over)"],
  ])("puts %d years into %s", (years, band) => expect(ageBand(years)).toBe(band));
});
