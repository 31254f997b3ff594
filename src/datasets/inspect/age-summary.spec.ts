import { expect, it } from "vitest";
import { summarizeAges } from "./age-summary.ts";

it("gives NumPy's default quartiles", () => {
  // numpy.quantile([20, 31, 44, 45, 70, 88], [0, 0.25, 0.5, 0.75, 1])
  const ages = [44, 88, 20, 70, 31, 45];
  expect(summarizeAges(ages, 2)).toEqual({
    known: 6,
    unknown: 2,
    min: 20,
    q1: 34.25,
    median: 44.5,
    q3: 63.75,
    max: 88,
  });
  expect(summarizeAges([7], 0)).toMatchObject({ min: 7, median: 7, max: 7 });
  expect(summarizeAges([], 3)).toMatchObject({ known: 0, unknown: 3, median: null });
});
