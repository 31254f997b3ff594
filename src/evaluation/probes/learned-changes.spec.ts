import { expect, it } from "vitest";
import type { Label } from "../../labels/label.ts";
import type { AnswerPair } from "./answer-changes.ts";
import { learnedChanges, learnedOutcome } from "./learned-changes.ts";

const pair = (
  patient: string,
  before: readonly Label[] | null,
  after: readonly Label[] | null,
): AnswerPair => ({ patient, before, after });
const ofLabel = (label: Label, changes: ReturnType<typeof learnedChanges>) =>
  changes.find((change) => change.label === label);

it("counts the patients in whom a change does more than it did to the model before", () => {
  const patients = ["a", "b", "c", "d", "e"];
  const gains = patients.map((patient) => pair(patient, [], ["Edema", "Lung Lesion"]));
  // Before training the change made a lesion as well, and made edema in one patient alone.
  const earlier = patients.map((patient) =>
    pair(patient, [], patient === "a" ? ["Edema", "Lung Lesion"] : ["Lung Lesion"]),
  );
  const changes = learnedChanges(gains, earlier);
  expect(ofLabel("Lung Lesion", changes)).toMatchObject({ images: 5, more: 0, less: 0, test: { p: 1 } });
  // Four of four: 2 / 2^4.
  expect(ofLabel("Edema", changes)).toMatchObject({ images: 5, more: 4, less: 0 });
  expect(ofLabel("Edema", changes)?.test.p).toBeCloseTo(0.125, 12);
  expect(ofLabel("Edema", learnedChanges(earlier, gains))).toMatchObject({ more: 0, less: 4 });
});

it("takes a patient's images together and leaves out an image with an answer that could not be read", () => {
  const own = [
    pair("a", [], ["Edema"]),
    pair("a", ["Edema"], []),
    pair("b", [], ["Edema"]),
    pair("c", [], ["Edema"]),
  ];
  const none = [pair("a", [], []), pair("a", [], []), pair("b", [], null), pair("c", [], [])];
  expect(ofLabel("Edema", learnedChanges(own, none))).toMatchObject({ images: 3, more: 1, less: 0 });
});

it("refuses pairs of other images", () => {
  expect(() => learnedChanges([pair("a", [], [])], [pair("b", [], [])])).toThrow("different images");
});

it("says learned where two fifths of the patients or more gain or lose a label, surely", () => {
  const patients = 80;
  expect(learnedOutcome({ patients, more: 34, less: 2 }, 0.05)).toBe("learned");
  expect(learnedOutcome({ patients, more: 2, less: 34 }, 0.001)).toBe("learned");
  expect(learnedOutcome({ patients, more: 33, less: 2 }, 0.001)).toBe("moved");
  expect(learnedOutcome({ patients, more: 34, less: 2 }, 0.06)).toBe("as before");
});
