import { describe, expect, it } from "vitest";
import type { ImageRecord } from "../datasets/record.ts";
import type { Cohort } from "./cohort.ts";
import { assertPatientDisjoint, patientKey } from "./disjoint.ts";
import { image } from "./testing/hospital.ts";

const cohort = (name: string, ...records: ImageRecord[]): Cohort => ({
  name,
  use: "train",
  rule: "",
  records,
});
const check =
  (...cohorts: Cohort[]) =>
  () =>
    assertPatientDisjoint(cohorts);

const a = image("a", "p", ["Edema"]);
const b = image("b", "p", ["Edema"]);
const elsewhere = (record: ImageRecord): ImageRecord => ({ ...record, site: "there" });

describe("assertPatientDisjoint", () => {
  it("lets a patient have several images in one set, and two hospitals use the same ids", () => {
    expect(check(cohort("x", a, b), cohort("y", elsewhere(a)))).not.toThrow();
    expect(check(cohort("x", a, elsewhere(a)))).not.toThrow();
    expect(check()).not.toThrow();
  });

  it("refuses a patient in two sets, however far apart they stand", () => {
    const other = image("c", "q", []);
    expect(check(cohort("x", a), cohort("y", other), cohort("z", b))).toThrow(
      "patient p of here is in two sets, x and z; draw the cohorts again",
    );
  });

  it("is not misled by two sets of the same name", () => {
    expect(check(cohort("x", a), cohort("x", b))).toThrow("patient p of here is in two sets, x and x");
  });

  it("refuses an image twice, even under two patients", () => {
    expect(check(cohort("x", a, a))).toThrow("image a of here is there twice, now in x");
    expect(check(cohort("x", a), cohort("y", { ...a, patient: "q" }))).toThrow(
      "image a of here is there twice, now in y; draw the cohorts again",
    );
  });
});

describe("patientKey", () => {
  it("keeps hospital and id apart, whatever characters they hold", () => {
    expect(patientKey("a", "b,c")).not.toBe(patientKey("a,b", "c"));
    expect(patientKey('a","b', "c")).not.toBe(patientKey("a", 'b","c'));
  });
});
