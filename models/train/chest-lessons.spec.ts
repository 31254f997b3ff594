import { describe, expect, it } from "vitest";
import { parseCompletion } from "../../src/completions/parse-completion.ts";
import { exampleRecord } from "../../src/datasets/testing/example-record.ts";
import { labelRow } from "../../src/labels/label.ts";
import { PROMPT_NAMES } from "../../src/prompts/builtin-prompts.ts";
import { randomStream } from "../../src/util/random.ts";
import { drawPrompt, readingLesson, searchLesson } from "./chest-lessons.ts";
import type { SitePicture } from "./site-pictures.ts";

const record = exampleRecord({ id: "i1", view: "PA", labels: labelRow({ Edema: 1 }) });
const finding = { side: "left", across: 0.5, down: 0.5, seed: 1 } as const;
const picture: SitePicture = {
  record,
  file: "none.png",
  findings: [
    { ...finding, label: "Lung Lesion", severity: 1, x: 0.99, y: 0 },
    { ...finding, label: "Fracture", severity: 0.15, x: 0.24, y: 0.26 },
    { ...finding, label: "Support Devices", severity: 0.5, x: -0.1, y: 1.2 },
  ],
};

describe("searchLesson", () => {
  it("says row, column and degree of what is there, and none of the rest, in the labels' order", () => {
    expect(searchLesson(picture).answer).toBe(
      "Enlarged Cardiomediastinum none Cardiomegaly none Lung Opacity none Lung Lesion 1 8 severe Edema none " +
        "Consolidation none Pneumonia none Atelectasis none Pneumothorax none Pleural Effusion none " +
        "Pleural Other none Fracture 3 2 mild Support Devices 8 1 moderate",
    );
  });
});

describe("readingLesson", () => {
  it.each(PROMPT_NAMES)(
    "answers %s from the true findings, not from what the labeler wrote",
    async (name) => {
      const { answer } = await readingLesson(picture, name, 1);
      const parsed = parseCompletion(answer, {
        finish: "stop",
        mode: "strict",
        answer: name === "only-label" ? "label-only" : "reasoned",
      });
      expect(parsed).toMatchObject({
        outcome: "labels",
        labels: ["Lung Lesion", "Fracture", "Support Devices"],
      });
    },
  );
});

describe("drawPrompt", () => {
  it("draws each prompt in proportion to its weight, and none of weight 0", () => {
    const weights = Object.fromEntries(PROMPT_NAMES.map((name) => [name, 0])) as Parameters<
      typeof drawPrompt
    >[0];
    const stream = randomStream(1, "test");
    const names = Array.from({ length: 4000 }, () => drawPrompt({ ...weights, free: 3, a: 1 }, stream));
    const free = names.filter((name) => name === "free").length;
    expect(free + names.filter((name) => name === "a").length).toBe(4000);
    // Binomial: 3000 with a standard deviation of 27.
    expect(Math.abs(free - 3000)).toBeLessThan(150);
  });
});
