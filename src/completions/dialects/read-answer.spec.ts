import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalOrder, LABELS } from "../../labels/label.ts";
import { DIALECT_FAILURES, DIALECTS, type Dialect } from "./dialect.ts";
import { readAnswer } from "./read-answer.ts";

const read = (dialect: Dialect, text: string, finish: "stop" | "length" = "stop") => {
  const answer = readAnswer(text, { dialect, finish });
  return answer.outcome === "labels" ? answer.labels : answer.reason;
};
const BOTH = ["Edema", "Pleural Effusion"];

describe("answer-tags", () => {
  it.each([
    ["<think>Large heart.</think><answer>Edema, pleural effusion</answer>", BOTH],
    ["<ANSWER>\n- Edema\n- Pleural Effusion.\n</ANSWER> Thank you.", BOTH],
    ["<answer>Edema, Cephalization</answer>", ["Edema"]],
    ["<answer>Edema</answer><answer>Pneumonia</answer>", "two answers"],
    ["<answer>Edema", "unclosed answer"],
    ["</answer>Edema<answer>", "unclosed answer"],
    ["<answer> </answer>", "empty answer"],
    ["<answer>Cephalization</answer>", "no known label"],
    ["<answer>No evidence of Edema, Pneumonia</answer>", "free text"],
    ["<answer>The heart is of ordinary size, Edema</answer>", "free text"],
    ["<answer>Right Pleural Effusion, Edema</answer>", "free text"],
    ["<answer>Edema: absent, Pneumonia</answer>", "free text"],
    ["Edema, Pleural Effusion", "no answer"],
    ["<solution>Edema</solution>", "no answer"],
  ])("%s", (text, expected) => expect(read("answer-tags", text)).toEqual(expected));

  it("calls an answer that the limit ended cut off", () => {
    expect(read("answer-tags", "<answer>Edema, Pneum", "length")).toBe("cut off");
    expect(read("answer-tags", "<answer>Edema</answer> and", "length")).toEqual(["Edema"]);
  });
});

describe("findings-list", () => {
  it.each([
    ["Edema, Pleural Effusion", BOTH],
    ["Findings: Edema; Pleural Effusion", BOTH],
    ["The picture was looked at.\n\n**Findings:** Edema, Pleural Effusion\n\nNo more.", BOTH],
    ["## **Findings**:\n1. Edema\n2. Pleural Effusion\n", BOTH],
    ["Findings:\n\nEdema\nPleural Effusion", BOTH],
    ["Edema, Cephalization", "free text"],
    ["There is edema and a pleural effusion.", "free text"],
    ["Findings: there is no edema, pneumonia", "free text"],
    ["My findings: Edema", "free text"],
    ["Findings: Edema\n\nFindings: Pneumonia", "two answers"],
    ["Findings:", "empty answer"],
    ["", "empty answer"],
  ])("%s", (text, expected) => expect(read("findings-list", text)).toEqual(expected));

  it("calls a list that the limit ended cut off, not one with text behind it", () => {
    expect(read("findings-list", "Edema, Pneumonia", "length")).toBe("cut off");
    expect(read("findings-list", "Findings: Edema, Pneumonia\n", "length")).toBe("cut off");
    expect(read("findings-list", "Findings: Edema\n\nThe heart", "length")).toEqual(["Edema"]);
  });
});

describe("labels-json", () => {
  it.each([
    ['{"labels": ["Edema", "Pleural Effusion"]}', BOTH],
    ['```json\n{"reason": "wet", "Labels": "edema, pleural effusion"}\n```', BOTH],
    ['{"labels": ["Edema", 3, null]}', ["Edema"]],
    ['{"labels": []}', "empty answer"],
    ['{"labels": {"Edema": true}}', "free text"],
    ['{"labels": ["no Edema"]}', "free text"],
    ['{"labels": ["Edema"]} {"labels": ["Pneumonia"]}', "no answer"],
    ['{"labels": ["Edema"], "LABELS": ["Pneumonia"]}', "two answers"],
    ['{"findings": ["Edema"]}', "no answer"],
    ["Edema", "no answer"],
  ])("%s", (text, expected) => expect(read("labels-json", text)).toEqual(expected));

  it("calls half an object cut off", () => {
    expect(read("labels-json", '{"labels": ["Edema", "Pn', "length")).toBe("cut off");
  });
});

describe("conclusion-object and solution", () => {
  it("are read by the parsers that stand already", () => {
    const object = '{"analysis": "wet", "conclusion": ["Edema", "Pleural Effusion"]}';
    expect(read("conclusion-object", object)).toEqual(BOTH);
    expect(read("conclusion-object", "{analysis: wet, conclusion: no Edema}")).toBe("free text");
    expect(read("conclusion-object", "<solution>Edema</solution>")).toBe("no answer");
    expect(read("conclusion-object", '{"conclusion": "Edema"', "length")).toBe("cut off");
    expect(read("solution", "<solution>Edema, Pleural Effusion</solution>")).toEqual(BOTH);
    expect(read("solution", "<answer>Edema</answer>")).toBe("no solution block");
  });
});

describe("any dialect", () => {
  const dialect = fc.constantFrom(...DIALECTS);
  const finish = fc.constantFrom("stop" as const, "length" as const);
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom("<answer>", "</answer>", "Findings:", "{", '"labels":', "[", "]", "}", "\n\n", ...LABELS),
  );

  it("reads any text, giving labels in order or one reason", () => {
    const reasons = new Set<string>();
    fc.assert(
      fc.property(dialect, finish, fc.array(piece), (name, ended, pieces) => {
        const answer = readAnswer(pieces.join(""), { dialect: name, finish: ended });
        if (answer.outcome === "failed") {
          if (name !== "solution") reasons.add(answer.reason);
          return;
        }
        expect(answer.labels).toEqual(canonicalOrder(answer.labels));
        expect(answer.labels.length).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
    expect([...reasons].filter((reason) => !DIALECT_FAILURES.some((known) => known === reason))).toEqual([]);
  });

  it("reads back every set of labels that it is given", () => {
    fc.assert(
      fc.property(fc.subarray([...LABELS], { minLength: 1 }), (labels) => {
        const list = labels.join(", ");
        expect(read("answer-tags", `<answer>${list}</answer>`)).toEqual(labels);
        expect(read("findings-list", `Findings: ${list}`)).toEqual(labels);
        expect(read("findings-list", list)).toEqual(labels);
        expect(read("labels-json", JSON.stringify({ labels }))).toEqual(labels);
      }),
    );
  });
});
