import { expect, it } from "vitest";
import { LABELS } from "../labels/label.ts";
import { jackknife } from "./jackknife.ts";
import { prepare } from "./prepare.ts";
import type { ReadingSet } from "./reading.ts";
import { totals } from "./tally.ts";

it("jackknife sums all patients but one, for each in turn", () => {
  const readings = ["a", "b", "b", "c"].map((patient, i) => ({
    id: `${i}`,
    patient,
    truth: LABELS.slice(i, i + 3),
    predicted: LABELS.slice(0, i),
    failure: null,
  }));
  const set: ReadingSet = { model: "m", data: "d", stated: LABELS, readings };
  const { tally } = prepare(set, LABELS);
  const left: number[][] = [];
  jackknife([tally, tally], ([one, other]) => {
    expect(one).toEqual(other);
    left.push([...(one ?? [])]);
  });
  const without = (name: string): number[] => {
    const rest = { ...set, readings: readings.filter(({ patient }) => patient !== name) };
    return [...totals(prepare(rest, LABELS).tally)];
  };
  // All labels of the subsets stay the same: none is frequent with or without.
  expect(left).toEqual(["a", "b", "c"].map(without));
});
