import { describe, expect, it } from "vitest";
import { LABELS } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { checklistReading } from "./checklist-reading.ts";
import { findDenial, findDeniedLabel } from "./find-denial.ts";
import { FINDING_SENTENCES, type Finding } from "./finding-phrases.ts";
import { FINDING_TERMS } from "./finding-terms.ts";
import { freeReading } from "./free-reading.ts";
import { narrativeReading } from "./narrative-reading.ts";

describe("findDenial", () => {
  it.each<[Finding, string, string]>([
    ["Pneumothorax", "There is no pneumothorax.", "There is no pneumothorax."],
    [
      "Pleural Effusion",
      "No pneumothorax, effusion, or consolidation.",
      "No pneumothorax, effusion, or consolidation.",
    ],
    ["Edema", "The lungs are without edema.", "The lungs are without edema."],
    ["Edema", "Neither consolidation nor edema is found.", "Neither consolidation nor edema is found."],
    ["Fracture", "A fracture is not seen.", "A fracture is not seen."],
    ["Pneumonia", "Signs of pneumonia are absent.", "Signs of pneumonia are absent."],
    ["Cardiomegaly", "Heart size is normal.", "Heart size is normal."],
    ["Cardiomegaly", "The heart is not enlarged.", "The heart is not enlarged."],
    ["Enlarged Cardiomediastinum", "The mediastinum is unremarkable.", "The mediastinum is unremarkable."],
    ["Lung Opacity", "Both lungs are clear. The heart is big.", "Both lungs are clear."],
    ["Consolidation", "The lungs are clear.", "The lungs are clear."],
    ["Atelectasis", "Lungs: no atelectasis.", "no atelectasis."],
    ["Support Devices", "No lines or tubes are seen.", "No lines or tubes are seen."],
    ["Pleural Effusion", "The sharp angles rule out an effusion.", "The sharp angles rule out an effusion."],
    ["Lung Lesion", "Negative for nodules, but there is edema.", "Negative for nodules"],
  ])("finds that %s is denied by %j", (finding, text, words) => {
    expect(findDenial(text, finding)).toBe(words);
  });

  it.each<[Finding, string]>([
    // Asserted.
    ["Edema", "There is edema."],
    ["Pleural Effusion", "No pneumothorax, but an effusion is present."],
    ["Pleural Effusion", "No pneumothorax, a pleural effusion is present."],
    ["Pleural Effusion", "No pneumothorax, small effusion."],
    ["Pleural Effusion", "There is no fracture and there is an effusion."],
    ["Pleural Effusion", "No consolidation with an effusion."],
    ["Pleural Effusion", "The effusion has no loculation."],
    ["Pleural Effusion", "The shadow does not hide the effusion."],
    ["Edema", "At first no edema is apparent. On a second look there is mild edema."],
    ["Lung Opacity", "The lungs are clear, except for an opacity at the base."],
    ["Lung Opacity", "The lungs are clear. On a second look there is faint haziness."],
    ["Cardiomegaly", "The heart is normal in shape but enlarged."],
    // Denied in one place only, or doubted: not decidable.
    ["Pleural Effusion", "There is no left effusion."],
    ["Consolidation", "No consolidation in the upper lobes."],
    ["Pneumonia", "Pneumonia cannot be excluded."],
    ["Pneumonia", "Pneumonia is not ruled out."],
    ["Pleural Effusion", "No significant change of the effusion."],
    ["Pleural Effusion", "No large effusion."],
    ["Pneumothorax", "Without doubt a pneumothorax."],
    ["Edema", "Not only edema is seen."],
    ["Lung Opacity", "The upper lungs are clear."],
    // Not spoken of.
    ["Fracture", "No pneumothorax is seen."],
    ["Enlarged Cardiomediastinum", "The heart is not enlarged."],
    ["Cardiomegaly", "The mediastinum is not enlarged."],
  ])("does not find that %s is denied by %j", (finding, text) => {
    expect(findDenial(text, finding)).toBeNull();
  });

  it("takes every sentence of the worded teacher that states a finding for what it is", () => {
    for (const [finding, sentences] of Object.entries(FINDING_SENTENCES))
      for (const sentence of sentences) expect(findDenial(sentence, finding as Finding), sentence).toBeNull();
  });

  it("never throws out a reading of the worded teacher, whatever the labels", () => {
    const stream = randomStream(8, "denials");
    for (let draw = 0; draw < 400; draw++) {
      const labels = stream.shuffle(LABELS).slice(0, 1 + stream.integer(8));
      for (const read of [freeReading, narrativeReading, checklistReading])
        expect(findDeniedLabel(read(labels, "AP", stream), labels)).toBeNull();
    }
  });

  it("has no name of one finding among another's, but for what is both", () => {
    const names = Object.entries(FINDING_TERMS).flatMap(([finding, { names: pattern }]) =>
      ["cardiomegaly", "mediastinal widening", "opacity", "nodule", "edema", "consolidation", "pneumonia"]
        .concat("atelectasis", "pneumothorax", "effusion", "pleural thickening", "fracture", "pacemaker")
        .filter((name) => name.match(pattern) !== null)
        .map((name) => [finding, name]),
    );
    expect(names).toHaveLength(13);
    expect(new Set(names.map(([finding]) => finding)).size).toBe(13);
  });
});

describe("findDeniedLabel", () => {
  it("names the first given finding that the text denies, and passes over those that were not given", () => {
    const text = "No effusion is seen. There is edema. There is no fracture.";
    expect(findDeniedLabel(text, ["Edema", "Fracture"])).toEqual({
      label: "Fracture",
      words: "There is no fracture.",
    });
    expect(findDeniedLabel(text, ["Edema"])).toBeNull();
    expect(findDeniedLabel("The lungs are clear.", ["No Finding"])).toBeNull();
  });
});
