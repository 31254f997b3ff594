import { describe, expect, it } from "vitest";
import { findGiveaway } from "./giveaways.ts";

describe("findGiveaway", () => {
  it.each([
    ["The ground truth says edema.", "ground truth"],
    ["This agrees with the ground-truth.", "ground truth"],
    ["Based on the given labels, hazy.", "given labels"],
    ["The reference annotations include edema.", "given labels"],
    ["The known diagnosis is pneumonia.", "given labels"],
    ["The expected label is Edema.", "given labels"],
    ["All the given findings are visible.", "given findings"],
    ["These provided radiographic findings fit edema.", "given findings"],
    ["The provided clinical information suggests infection.", "given findings"],
    ["The label indicates a fracture.", "labels say"],
    ["Edema, from the labels provided.", "labels say"],
    ["The findings I was given include edema.", "findings were given"],
    ["The labels that were provided are met.", "findings were given"],
    ["Consistent with the label, hazy.", "according to labels"],
    ["This matches the labels.", "according to labels"],
    ["There is edema, as labelled.", "as labelled"],
    ["There is edema as stated in the labels.", "as stated"],
    ["Edema is present, as indicated by the prompt.", "as stated"],
    ["I was told of edema.", "was told"],
    ["I describe it as if I did not know the answer.", "feigned ignorance"],
  ])("catches %j: %s", (text, rule) => {
    expect(findGiveaway(text)?.rule).toBe(rule);
  });

  it.each([
    "Consistent with the known history, a given lobe is hazy.",
    "The provided radiograph is an AP view.",
    "Given the findings above, edema is likely.",
    "Given the blunted angle, an effusion is present.",
    "No clinical information was provided.",
    "The heart is enlarged; the stated view is AP.",
    "Labels: Edema, Cardiomegaly.",
    "I choose the label Edema.",
    "The true extent of the effusion is hard to judge.",
    "The findings are consistent with edema.",
    "A known limitation of AP views is magnification.",
  ])("lets %j pass", (text) => {
    expect(findGiveaway(text)).toBeNull();
  });
});
