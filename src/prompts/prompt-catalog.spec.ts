import { describe, expect, it } from "vitest";
import { PROMPT_NAMES } from "./builtin-prompts.ts";
import { promptOf } from "./prompt.ts";
import { promptCatalog, promptIn } from "./prompt-catalog.ts";

const mine = promptOf({
  name: "mine",
  title: "Mine",
  version: 1,
  cue: "c",
  answer: "reasoned",
  text: "{labels} {answer}",
});
const usesOf = (use: string) => promptCatalog([mine]).filter(({ uses }) => uses.some((one) => one === use));

describe("promptCatalog", () => {
  it("holds the built-in prompts, then a user's own, each once", () => {
    expect(promptCatalog([mine]).map(({ name }) => name)).toEqual([...PROMPT_NAMES, "mine"]);
  });

  it("says what each is for", () => {
    expect(usesOf("ablation")).toHaveLength(9);
    expect(usesOf("format").map(({ name }) => name)).toEqual(["narrative", "a", "only-label", "free"]);
    expect(usesOf("own").map(({ name }) => name)).toEqual(["mine"]);
  });

  it("refuses a second prompt of one name", () => {
    expect(() => promptCatalog([mine, mine])).toThrow('two prompts named "mine"');
    expect(() => promptCatalog([{ ...mine, name: "free" }])).toThrow('two prompts named "free"');
  });
});

describe("promptIn", () => {
  it("finds a prompt by its name, or lists the names there are", () => {
    const catalog = promptCatalog([mine]);
    expect(promptIn(catalog, "mine").text).toBe(mine.text);
    expect(promptIn(catalog, "a").title).toBe("Reasoning A");
    expect(() => promptIn(catalog, "yours")).toThrow(
      /no prompt named "yours"; choose one of narrative, .*, mine$/,
    );
  });
});
