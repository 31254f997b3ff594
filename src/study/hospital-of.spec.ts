import { describe, expect, it } from "vitest";
import { hospitalOf } from "./hospital-of.ts";
import { dataSchema } from "./schema/data.ts";

const of = (data: Record<string, object>) =>
  hospitalOf({
    data: Object.fromEntries(Object.entries(data).map(([name, each]) => [name, dataSchema.parse(each)])),
  });

describe("hospitalOf", () => {
  it("takes two tables of one format for one hospital, under any name", () => {
    const hospital = of({
      "chexpert-train": { kind: "chexpert", set: "train", root: "/a" },
      "chexpert-valid": { kind: "chexpert", set: "valid", root: "/b" },
      nih: { kind: "nih", root: "/c" },
    });
    expect(hospital("chexpert-train")).toBe(hospital("chexpert-valid"));
    expect(hospital("nih")).not.toBe(hospital("chexpert-valid"));
  });

  it("takes a folder for itself, two drawings of a phantom for one, and the word of the study before all", () => {
    const hospital = of({
      one: { kind: "folder", root: "/a" },
      two: { kind: "folder", root: "/b" },
      ours: { kind: "chexpert", set: "train", root: "/c", hospital: "St Elsewhere" },
      drawn: { kind: "phantom", site: "phantom-nih", images: 5 },
      again: { kind: "phantom", site: "phantom-nih", images: 9 },
    });
    expect(hospital("one")).not.toBe(hospital("two"));
    expect(hospital("ours")).toBe("St Elsewhere");
    expect(hospital("drawn")).toBe(hospital("again"));
    expect(hospital("unheard of")).toBe("unheard of");
  });
});
