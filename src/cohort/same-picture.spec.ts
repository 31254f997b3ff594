import { describe, expect, it } from "vitest";
import type { ImageRecord } from "../datasets/record.ts";
import type { Cohort } from "./cohort.ts";
import { assertPicturesDisjoint, countRepeats, PictureIndex } from "./same-picture.ts";
import { image } from "./testing/hospital.ts";

const cohort = (name: string, ...records: ImageRecord[]): Cohort => ({
  name,
  use: "train",
  rule: "",
  records,
});
const [a, b, c] = ["a", "b", "c"].map((id) => image(id, `p${id}`, ["Edema"])) as [
  ImageRecord,
  ImageRecord,
  ImageRecord,
];
const hashes =
  (known: Record<string, string>) =>
  ({ id }: ImageRecord) =>
    known[id];

describe("assertPicturesDisjoint", () => {
  it("refuses one picture under two names in two sets, naming both", () => {
    expect(() =>
      assertPicturesDisjoint([cohort("sft", a, b), cohort("test", c)], hashes({ a: "1", b: "2", c: "1" })),
    ).toThrow("test: c of here is the same picture as a of here in sft; draw the cohorts again");
  });

  it("lets a set have a picture twice, and says nothing of pictures that nobody has seen", () => {
    const sets = [cohort("sft", a, b), cohort("test", c)];
    expect(() => assertPicturesDisjoint(sets, hashes({ a: "1", b: "1", c: "2" }))).not.toThrow();
    expect(() => assertPicturesDisjoint(sets, hashes({ a: "1" }))).not.toThrow();
    expect(countRepeats(cohort("x", a, b, c), hashes({ a: "1", b: "1", c: "1" }))).toBe(2);
    expect(countRepeats(cohort("x", a, b, c), hashes({ a: "1", b: "2" }))).toBe(0);
  });
});

describe("PictureIndex", () => {
  it("keeps the first holder", () => {
    const index = new PictureIndex();
    index.add("1", "test", a);
    index.add("1", "sft", b);
    expect(index.elsewhere("1", "sft")).toEqual({ set: "test", site: "here", id: "a" });
    expect(index.elsewhere("1", "test")).toBeNull();
    expect(index.elsewhere("2", "sft")).toBeNull();
  });
});
