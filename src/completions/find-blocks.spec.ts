import { describe, expect, it } from "vitest";
import type { AnswerContract } from "../prompts/prompt.ts";
import { findBlocks, nonBlank } from "./find-blocks.ts";
import type { ReadingMode } from "./read-label-list.ts";

const find = (
  text: string,
  mode: ReadingMode = "strict",
  answer: AnswerContract = "reasoned",
  finish: "stop" | "length" = "stop",
) => findBlocks(text, { mode, answer, finish });
const failed = (reason: string) => ({ outcome: "failed", reason });
const blocks = (think: string | null, solution: string, outside = 0) => ({
  outcome: "blocks",
  think,
  solution,
  outside,
});

describe("findBlocks, strict", () => {
  it("gives what stands between the tags, to the letter", () => {
    expect(find("<think> a\n</think>\n<solution> b, </solution>\n")).toEqual(blocks(" a\n", " b, "));
    expect(find("<solution>b</solution>", "strict", "label-only")).toEqual(blocks(null, "b"));
  });

  it("reads a tag in another case, or with a blank, as text", () => {
    expect(find("<think>a</think><solution>b</Solution></solution>")).toEqual(blocks("a", "b</Solution>"));
    expect(find("<think>a< think></think><solution>b</solution>")).toEqual(blocks("a< think>", "b"));
  });

  it("does not ask a label-only answer for its thoughts, and takes them for text outside", () => {
    for (const thoughts of ["<think>a</think>", "<think>a<think></think>"]) {
      const text = `${thoughts}<solution>b</solution>`;
      expect(find(text, "strict", "label-only")).toEqual(failed("text outside blocks"));
    }
  });

  it("says cut off only where more tokens could have mended the answer", () => {
    const cut = (text: string, answer?: AnswerContract) => find(text, "strict", answer, "length");
    expect(cut("<think>a</think>")).toEqual(failed("cut off"));
    expect(cut("<solution>b", "label-only")).toEqual(failed("cut off"));
    expect(cut("<think>a</think><solution>b</solution><solution>")).toEqual(failed("two blocks"));
    expect(cut("<think>a</think><solution>b</solution>.")).toEqual(failed("text outside blocks"));
  });
});

describe("findBlocks, lenient", () => {
  it("needs the solution alone, whatever the contract", () => {
    expect(find("<Solution>b</SOLUTION>", "lenient")).toEqual(blocks(null, "b"));
    expect(find("<think>a</think><solution>b</solution>", "lenient", "label-only")).toEqual(blocks("a", "b"));
  });

  it.each([
    ["after the solution", "<solution>b</solution><think>a</think>", 16],
    ["twice", "<think>a</think><think>a</think><solution>b</solution>", 32],
    ["opened twice", "<think><think>a</think><solution>b</solution>", 23],
    ["closed twice", "<think>a</think></think><solution>b</solution>", 24],
    ["unclosed", "<think>a<solution>b</solution>", 8],
    ["unopened", "a</think><solution>b</solution>", 9],
    ["backwards", "</think>a<think><solution>b</solution>", 16],
  ])("counts thoughts %s as text outside", (_name, text, outside) => {
    expect(find(text, "lenient")).toEqual(blocks(null, "b", outside));
  });

  it("keeps a tag inside the solution as its text, and takes no thoughts that end there", () => {
    expect(find("<think>a<solution>b</think></solution>", "lenient")).toEqual(blocks(null, "b</think>", 8));
  });

  it("counts text before, between and after, without blanks", () => {
    expect(find("1 2 <think>a</think>3\n4<solution>b</solution> 5 ", "lenient")).toEqual(blocks("a", "b", 5));
  });

  it("fails on two solutions, on half of one and on none", () => {
    expect(find("<solution>b</solution><SOLUTION>c", "lenient")).toEqual(failed("two blocks"));
    expect(find("<solution>b", "lenient")).toEqual(failed("unclosed block"));
    expect(find("<solution>b", "lenient", "reasoned", "length")).toEqual(failed("cut off"));
    expect(find("b</solution>", "lenient")).toEqual(failed("no solution block"));
    expect(find("</solution>b<solution>", "lenient")).toEqual(failed("blocks out of order"));
  });
});

describe("nonBlank", () => {
  it("counts all but blanks of any kind", () => {
    expect(nonBlank(" a\tb\r\nc\u00a0\u2028d ")).toBe(4);
    expect(nonBlank(" \n")).toBe(0);
  });
});
