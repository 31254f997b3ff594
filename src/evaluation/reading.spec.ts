import { describe, expect, it } from "vitest";
import type { Prediction } from "./prediction-file.ts";
import { checkReadings, type Reading, readingOf } from "./reading.ts";

const prediction: Prediction = {
  id: "a.png",
  patient: "1",
  site: "here",
  text: "<solution>Edema</solution>",
  tokens: 9,
  finish: "stop",
  failure: null,
  labels: ["Edema"],
};

describe("readingOf", () => {
  it("puts the answer beside the truth, and keeps a failure a failure", () => {
    expect(readingOf(prediction, ["Fracture"])).toEqual({
      id: "a.png",
      patient: "1",
      truth: ["Fracture"],
      predicted: ["Edema"],
      failure: null,
      finish: "stop",
    });
    const failed = readingOf({ ...prediction, finish: "length", failure: "cut off", labels: null }, []);
    expect(failed).toMatchObject({ truth: [], predicted: null, failure: "cut off", finish: "length" });
  });
});

describe("checkReadings", () => {
  const check = (...readings: Reading[]) =>
    checkReadings({ model: "sft", data: "here", stated: ["Edema", "Fracture"], readings });
  const reading = readingOf(prediction, ["Edema"]);

  it("lets whole readings pass", () => {
    expect(() =>
      check(reading, { ...reading, id: "b.png", predicted: null, failure: "cut off" }),
    ).not.toThrow();
    expect(() => check()).not.toThrow();
  });

  it.each<[string, Reading[], string]>([
    ["an image twice", [reading, reading], "the image a.png is there twice"],
    [
      "labels beside a failure",
      [{ ...reading, failure: "cut off" }],
      "a.png must have either predicted labels",
    ],
    [
      "neither labels nor a failure",
      [{ ...reading, predicted: null }],
      "a.png must have either predicted labels",
    ],
    [
      "a truth that the hospital cannot state",
      [{ ...reading, truth: ["Edema", "Pneumonia"] }],
      "the truth of a.png names Pneumonia, which this hospital is said not to state",
    ],
  ])("refuses %s", (_what, readings, message) => {
    expect(() => check(...readings)).toThrow(`readings sft@here: ${message}`);
  });
});
