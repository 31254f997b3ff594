import { describe, expect, it } from "vitest";
import { LABELS } from "../labels/label.ts";
import { ABLATION_PROMPTS, PROMPT_NAMES, promptByName, SFT_FORMATS } from "./builtin-prompts.ts";
import { promptMessages } from "./chat-message.ts";

// Whoever changes a text raises its version and writes the new line here: results made with the old text stay told
// apart from results made with the new one.
const HASHES: Record<string, string> = {
  "narrative@1": "4758a7a7916c739a",
  "self-check@1": "70589beb226827fd",
  "hypothesis@1": "cdbf483f79bcd0f5",
  "a@1": "9511054c10693342",
  "b@1": "261725515b245b24",
  "c@1": "b106bb78bca2011b",
  "d@1": "c0021eb0aed02bab",
  "e@1": "9c97cfb7bb23450f",
  "f@1": "a0b851fd139074f2",
  "only-label@1": "8b0b1b57a5a4a0f3",
  "free@1": "0e96468a8b5df5d9",
};

describe("built-in prompts", () => {
  it("are the nine of Table 1 and the four formats, two of them shared", () => {
    expect(ABLATION_PROMPTS).toHaveLength(9);
    expect(SFT_FORMATS).toHaveLength(4);
    expect(PROMPT_NAMES).toHaveLength(11);
    expect(new Set(PROMPT_NAMES.map((name) => promptByName(name).hash)).size).toBe(11);
  });

  it("have the hashes of their versions", () => {
    const hashes = PROMPT_NAMES.map((name) => promptByName(name)).map((p) => [
      `${p.name}@${p.version}`,
      p.hash.slice(0, 16),
    ]);
    expect(Object.fromEntries(hashes)).toEqual(HASHES);
  });

  it.each(PROMPT_NAMES)("%s names every label once as a list, and its answer contract", (name) => {
    const { text, answer, title, cue } = promptByName(name);
    expect(text.split(LABELS.join(", "))).toHaveLength(2);
    expect(text).not.toMatch(/[{}]/);
    expect(text.includes("<think>reasoning</think><solution>")).toBe(answer === "reasoned");
    expect(text).toContain("<solution>labels, separated by commas</solution>");
    expect(title.length * cue.length).toBeGreaterThan(0);
  });

  it("are short enough for a model of a few million parameters", () => {
    const words = (name: string) => promptByName(name).text.split(/\s+/).length;
    expect(words("free")).toBeLessThan(60);
    expect(words("only-label")).toBeLessThan(60);
    expect(Math.max(...PROMPT_NAMES.map(words))).toBeLessThan(150);
  });

  it("asks A for twelve steps and D for all fourteen definitions", () => {
    expect(promptByName("a").text.match(/^\d+\. /gm)).toHaveLength(12);
    expect(LABELS.filter((label) => promptByName("d").text.includes(`\n${label}: `))).toEqual(LABELS);
  });

  it("show the picture first, then the text, in one user turn", () => {
    const prompt = promptByName("free");
    expect(promptMessages(prompt)).toEqual([{ role: "user", parts: [{ image: 0 }, { text: prompt.text }] }]);
  });

  it("are refused by name when unknown", () => {
    expect(() => promptByName("g")).toThrow(/no prompt named "g"; choose one of narrative/);
  });
});
