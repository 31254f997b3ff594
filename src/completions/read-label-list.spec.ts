import { describe, expect, it } from "vitest";
import { LABELS } from "../labels/label.ts";
import { readLabelList } from "./read-label-list.ts";

const none = { labels: [], unknown: [], duplicates: [] };

describe("readLabelList, strict", () => {
  const read = (text: string) => readLabelList(text, "strict");

  it("reads every label, in canonical order, between commas and blanks", () => {
    expect(read([...LABELS].reverse().join(" ,\n"))).toEqual({ ...none, labels: LABELS });
    expect(read("")).toEqual(none);
    expect(read(" ,, \n,")).toEqual(none);
  });

  it("takes nothing but a label to the letter", () => {
    const wrong = ["edema", "Edema.", "Lung  Opacity", "Edema; Fracture", "Edema\nFracture", "no Edema", "-"];
    expect(read(wrong.join(", "))).toEqual({ ...none, unknown: wrong });
  });

  it("tells a repetition each time", () => {
    expect(read("Edema, Fracture, Edema, Edema")).toEqual({
      ...none,
      labels: ["Edema", "Fracture"],
      duplicates: ["Edema", "Edema"],
    });
  });
});

describe("readLabelList, lenient", () => {
  const read = (text: string) => readLabelList(text, "lenient");

  it.each([
    "edema",
    "EDEMA.",
    "- Edema",
    "* **Edema**",
    "\u2022 Edema",
    '["Edema"]',
    "(Edema)",
    "`{Edema}`",
    "_Edema_",
    "1. Edema",
    "12) *Edema*.",
    "- 3. Edema",
    "\tEdema \r",
  ])("reads Edema from %j", (text) => {
    expect(read(text)).toEqual({ ...none, labels: ["Edema"] });
  });

  it("parts entries at commas, semicolons and line breaks", () => {
    expect(read("1. Fracture\n2. lung   opacity; Edema,Edema\r\n")).toEqual({
      ...none,
      labels: ["Lung Opacity", "Edema", "Fracture"],
      duplicates: ["Edema"],
    });
  });

  it("takes bullets and brackets alone for no entry", () => {
    expect(read("[ ], -, *\n1.\n''")).toEqual(none);
  });

  it("takes whole entries only", () => {
    const wrong = [
      "no edema",
      "Edema (mild)",
      "123. Edema",
      "1 Edema",
      "Pleural_Effusion",
      "Edema and Fracture",
    ];
    expect(read(wrong.join("\n"))).toEqual({ ...none, unknown: wrong });
  });

  it("does not look up an entry that is too long to be a label", () => {
    const padded = `${"*".repeat(94)}Edema`;
    expect(read(`*${padded}`).labels).toEqual(["Edema"]);
    const long = `**${padded}`;
    expect(read(long)).toEqual({ ...none, unknown: [long] });
  });
});
