import { describe, expect, it } from "vitest";
import { findObject } from "./find-object.ts";

const blocks = (think: string | null, solution: string, outside = 0) => ({
  outcome: "blocks",
  think,
  solution,
  outside,
});

describe("findObject", () => {
  it.each([
    ["no braces", "conclusion: Edema"],
    ["the wrong way round", "}conclusion: Edema{"],
    ["no key", '{"labels": "Edema"}'],
    ["a key that goes on", "{conclusions: Edema}"],
    ["a key that begins earlier", "{inconclusion: Edema}"],
    ["a word in running text", "{so the conclusion: Edema}"],
    ["an analysis alone", "{analysis: hazy}"],
  ])("finds nothing where there is %s", (_name, text) => {
    expect(findObject(text)).toBeNull();
  });

  it("reads JSON: keys in any case, lists by the line, other values as JSON writes them", () => {
    expect(findObject('{"Analysis": "a: b, c", "CONCLUSION": ["Edema"]}')).toEqual(
      blocks("a: b, c", "Edema"),
    );
    expect(findObject('{"conclusion": ["Edema", {"a": 1}, 2]}')).toEqual(blocks(null, 'Edema\n{"a":1}\n2'));
    expect(findObject('{"analysis": ["x"], "conclusion": null}')).toEqual(blocks(null, "null"));
    expect(findObject('{"analysis": "say \\"hazy\\"", "conclusion": "Edema"}')).toEqual(
      blocks('say "hazy"', "Edema"),
    );
  });

  it("reads an object that is not quite JSON, its keys in either order", () => {
    expect(findObject("{analysis: a, b, conclusion: Edema, Fracture}")).toEqual(
      blocks("a, b", "Edema, Fracture"),
    );
    expect(findObject("{conclusion: Edema, analysis: a}")).toEqual(blocks("a", "Edema"));
    expect(findObject("{'conclusion' : \"Edema\" ,\n'analysis': 'it''s' }")).toEqual(
      blocks("it''s", "Edema"),
    );
    expect(findObject("{\n  analysis: a\n  conclusion: Edema\n}")).toEqual(blocks("a", "Edema"));
  });

  it("takes off one comma and one pair of quotes that belong together, no more", () => {
    expect(findObject("{conclusion: \"Edema', }")).toEqual(blocks(null, "\"Edema'"));
    expect(findObject("{conclusion: ''Edema'',}")).toEqual(blocks(null, "'Edema'"));
    expect(findObject('{conclusion: "}')).toEqual(blocks(null, '"'));
    expect(findObject("{conclusion:}")).toEqual(blocks(null, ""));
  });

  it("reads on where the key stands deeper", () => {
    expect(findObject('{"result": {"conclusion": "Edema"}}')).toEqual(blocks(null, '"Edema"}'));
  });

  it("counts text around the object, but no code fence", () => {
    expect(findObject('```JSON\n{"conclusion": "Edema"}\n```')).toEqual(blocks(null, "Edema"));
    expect(findObject("So: {conclusion: Edema} Bye.")).toEqual(blocks(null, "Edema", 7));
  });

  it("survives an entry nested deeper than the stack", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    expect(findObject(`{"conclusion": ["Edema", ${deep}]}`)).toEqual(
      blocks(null, "Edema\n(nested too deeply)"),
    );
  });

  it("does not choose between two conclusions", () => {
    expect(findObject("{conclusion: Edema, conclusion: Edema}")).toEqual({
      outcome: "failed",
      reason: "two blocks",
    });
  });
});
