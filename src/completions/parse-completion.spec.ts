import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LABELS } from "../labels/label.ts";
import { formatCompletion } from "./format-completion.ts";
import { type ParseSettings, parseCompletion } from "./parse-completion.ts";

const strict: ParseSettings = { finish: "stop", mode: "strict" };
const lenient: ParseSettings = { finish: "stop", mode: "lenient" };
const reasonOf = (text: string, settings: ParseSettings) => {
  const parsed = parseCompletion(text, settings);
  return parsed.outcome === "failed" ? parsed.reason : parsed.outcome;
};
const labelsOf = (text: string, settings: ParseSettings) => {
  const parsed = parseCompletion(text, settings);
  return parsed.outcome === "labels" ? parsed.labels : parsed.reason;
};

describe("parseCompletion, strict", () => {
  it("reads what the contract writes", () => {
    expect(
      parseCompletion("<think>Large heart.</think><solution>Cardiomegaly, Edema</solution>", strict),
    ).toEqual({
      outcome: "labels",
      labels: ["Cardiomegaly", "Edema"],
      think: "Large heart.",
      unknown: [],
      duplicates: [],
      outside: 0,
    });
  });

  it("allows blanks around and between the blocks", () => {
    expect(labelsOf("\n<think></think>\n\n<solution> Edema ,Fracture\n</solution> ", strict)).toEqual([
      "Edema",
      "Fracture",
    ]);
  });

  it.each([
    ["", "no solution block"],
    ["Edema", "no solution block"],
    ["<think>a</think>", "no solution block"],
    ["<solution>Edema</solution>", "no think block"],
    ["<think>a</think><solution>Edema", "unclosed block"],
    ["<think>a<solution>Edema</solution>", "unclosed block"],
    ["<solution>Edema</solution><think>a</think>", "blocks out of order"],
    ["<think>a<solution>Edema</think></solution>", "blocks out of order"],
    ["<think>a</think></solution>Edema<solution>", "blocks out of order"],
    ["</think>a<think><solution>Edema</solution>", "blocks out of order"],
    ["<think>a</think><solution>Edema</solution><solution>Edema</solution>", "two blocks"],
    ["<think>a</think><think>b</think><solution>Edema</solution>", "two blocks"],
    ["<think>so <solution>Edema</solution></think><solution>Edema</solution>", "two blocks"],
    ["<think>a</think><solution>Edema</solution></solution>", "two blocks"],
    ["<think>a</think><solution><solution>Edema</solution>", "two blocks"],
    ["<think>a</think></think><solution>Edema</solution>", "two blocks"],
    ["Sure. <think>a</think><solution>Edema</solution>", "text outside blocks"],
    ["<think>a</think> so <solution>Edema</solution>", "text outside blocks"],
    ["<think>a</think><solution>Edema</solution>.", "text outside blocks"],
    ["<think>a</think><solution></solution>", "empty solution"],
    ["<think>a</think><solution> , ,\n</solution>", "empty solution"],
    ["<think>a</think><solution>no pneumothorax</solution>", "no known label"],
    ["<think>a</think><solution>edema</solution>", "no known label"],
    ["<THINK>a</THINK><SOLUTION>Edema</SOLUTION>", "no solution block"],
    ['{"analysis": "a", "conclusion": "Edema"}', "no solution block"],
  ])("%j: %s", (text, reason) => {
    expect(reasonOf(text, strict)).toBe(reason);
  });

  it.each([
    ["", "cut off"],
    ["<think>The heart", "cut off"],
    ["<think>a</think><solution>Edema, Pneumo", "cut off"],
    ["<think>a</think><solution>Edema</solut", "cut off"],
    ["<think>a</think><solution>Edema</solution>", "labels"],
    ["<think>a</think><solution>Edema</solution> and so", "text outside blocks"],
    ["<think>a</think><think>b", "two blocks"],
  ])("at the token limit, %j: %s", (text, reason) => {
    expect(reasonOf(text, { ...strict, finish: "length" })).toBe(reason);
  });

  it("lists unknown and repeated labels and keeps the known ones", () => {
    const text =
      "<think>a</think><solution>Edema, no pneumothorax, Edema, Pneumonia, Edema, Effusion</solution>";
    expect(parseCompletion(text, strict)).toMatchObject({
      labels: ["Edema", "Pneumonia"],
      unknown: ["no pneumothorax", "Effusion"],
      duplicates: ["Edema", "Edema"],
    });
  });

  it("holds a label-only answer to its own contract", () => {
    const settings: ParseSettings = { ...strict, answer: "label-only" };
    expect(parseCompletion("<solution>Edema</solution>", settings)).toMatchObject({
      labels: ["Edema"],
      think: null,
    });
    expect(reasonOf("<think></think><solution>Edema</solution>", settings)).toBe("text outside blocks");
  });
});

describe("parseCompletion, lenient", () => {
  it.each([
    ["<solution>edema.</solution>"],
    ["Findings: hazy vessels.\n<Solution>\n- **Edema**\n</Solution>\nThank you."],
    ["<think>a</think><solution>1. EDEMA</solution>"],
    ['<think>a</think><solution>["Edema"]</solution>'],
    ["</think><solution>Edema</solution>"],
    ['{"analysis": "hazy vessels", "conclusion": "Edema"}'],
    ['{"analysis": "In conclusion: fluid", "conclusion": ["Edema"]}'],
    ["{analysis: hazy vessels, septal lines, conclusion: Edema}"],
    ["{conclusion: 'Edema', analysis: 'hazy'}"],
    ['Here it is:\n```json\n{\n  "analysis": "hazy"\n  "conclusion": "Edema",\n}\n```'],
  ])("reads Edema from %j", (text) => {
    expect(labelsOf(text, lenient)).toEqual(["Edema"]);
  });

  it.each([
    ["The diagnosis is Edema.", "no solution block"],
    ["<solution>Edema</solution><solution>Edema</solution>", "two blocks"],
    ['{"conclusion": "Edema", "conclusion": "Fracture"}', "two blocks"],
    ["<solution>no pneumothorax; without edema</solution>", "no known label"],
    ["<solution>Pleural_Effusions</solution>", "no known label"],
    ["<solution>-\n*\n</solution>", "empty solution"],
    ["<solution>Edema", "unclosed block"],
    ["</solution>Edema<solution>", "blocks out of order"],
    ["{analysis: a, conclusion: Edema} <solution>Fracture", "unclosed block"],
    ['{"result": {"conclusion": "Edema"}, "conclusions": 3}', "labels"],
    ["{conclusion}", "no solution block"],
    ["{}", "no solution block"],
  ])("%j: %s", (text, reason) => {
    expect(reasonOf(text, lenient)).toBe(reason);
  });

  it("counts what stands outside, and merges repetitions across spellings", () => {
    expect(
      parseCompletion("So: <think>a</think> x <solution>Edema\nedema; Pleural  effusion</solution>", lenient),
    ).toEqual({
      outcome: "labels",
      labels: ["Edema", "Pleural Effusion"],
      think: "a",
      unknown: [],
      duplicates: ["Edema"],
      outside: 4,
    });
  });

  it("keeps the reasoning of the second dialect, and takes a code fence for no text", () => {
    const fenced = '```json\n{"analysis": "hazy", "conclusion": "Edema"}\n```';
    expect(parseCompletion(fenced, lenient)).toMatchObject({ think: "hazy", outside: 0 });
    expect(parseCompletion(`Yes: ${fenced}`, lenient)).toMatchObject({ think: "hazy", outside: 4 });
    expect(parseCompletion("{analysis: 'hazy, both sides', conclusion: Edema}", lenient)).toMatchObject({
      think: "hazy, both sides",
      outside: 0,
    });
  });
});

describe("formatCompletion", () => {
  it("is read back by parseCompletion as it was, in every contract", () => {
    const think = fc
      .oneof(fc.constant(null), fc.string({ unit: "binary" }))
      .filter((t) => t === null || !/<\/?(think|solution)>/i.test(t));
    fc.assert(
      fc.property(think, fc.subarray([...LABELS], { minLength: 1 }), (text, labels) => {
        const completion = formatCompletion({ think: text, labels });
        const answer = text === null ? ("label-only" as const) : ("reasoned" as const);
        for (const mode of ["strict", "lenient"] as const) {
          expect(parseCompletion(completion, { finish: "stop", mode, answer })).toEqual({
            outcome: "labels",
            labels,
            think: text,
            unknown: [],
            duplicates: [],
            outside: 0,
          });
        }
      }),
      { numRuns: 2000, seed: 3 },
    );
  });

  it("writes labels in canonical order and refuses what cannot be carried", () => {
    expect(formatCompletion({ think: "a", labels: ["Fracture", "No Finding"] })).toBe(
      "<think>a</think><solution>No Finding, Fracture</solution>",
    );
    expect(() => formatCompletion({ think: "a", labels: [] })).toThrow("without a label");
    expect(() => formatCompletion({ think: "a </think> b", labels: ["Edema"] })).toThrow("holds a tag");
  });
});
