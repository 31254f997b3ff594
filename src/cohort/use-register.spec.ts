import { describe, expect, it } from "vitest";
import type { ImageRecord } from "../datasets/record.ts";
import { COHORT_USES, type Cohort, type CohortUse } from "./cohort.ts";
import { image } from "./testing/hospital.ts";
import { useRegister } from "./use-register.ts";

const at = (site: string, patient: string, id = `${patient}-${site}`): ImageRecord => ({
  ...image(id, patient, ["Edema"]),
  site,
});
const cohort = (name: string, use: CohortUse, ...records: ImageRecord[]): Cohort => ({
  name,
  use,
  rule: "",
  records,
});

const sets = [
  cohort("sft", "train", at("one", "1")),
  cohort("validation", "choose", at("one", "2")),
  cohort("test", "verdict", at("one", "3")),
];

describe("useRegister", () => {
  it("knows what each patient was used for", () => {
    const register = useRegister(sets);
    expect(["1", "2", "3", "4"].map((patient) => register.useOf("one", patient))).toEqual([
      ...COHORT_USES,
      null,
    ]);
    expect(register.useOf("two", "1")).toBeNull();
  });

  it("lets a verdict be given on test sets, its own or another", () => {
    const register = useRegister(sets);
    expect(() => register.requireVerdict(sets[2] as Cohort)).not.toThrow();
    expect(() => register.requireVerdict(cohort("new", "verdict", at("two", "1")))).not.toThrow();
  });

  it("refuses a set that is for something else, whoever is in it", () => {
    const register = useRegister(sets);
    expect(() => register.requireVerdict(cohort("new", "choose", at("one", "9")))).toThrow(
      "new: its use is choose, and only a set for a verdict may be scored",
    );
  });

  it("refuses patients that trained or chose, counting each once", () => {
    const register = useRegister(sets);
    const leaking = cohort(
      "new",
      "verdict",
      at("one", "3"),
      at("one", "2", "x"),
      at("one", "2", "y"),
      at("one", "1"),
    );
    expect(() => register.requireVerdict(leaking)).toThrow(
      "new: 2 of its patients trained or chose something, first 2 of one in validation (choose)",
    );
  });

  it("takes two sites of one hospital for one, in the register and in the verdict", () => {
    const hospitalOf = () => "chexpert";
    const register = useRegister([cohort("sft", "train", at("chexpert-train", "1"))], hospitalOf);
    const valid = cohort("test", "verdict", at("chexpert-valid", "1"));
    expect(() => register.requireVerdict(valid)).toThrow(
      "1 of its patients trained or chose something, first 1 of chexpert",
    );
    expect(() => useRegister([...sets, cohort("again", "verdict", at("one", "1", "other"))])).toThrow(
      "patient 1 of one is in two sets, sft and again",
    );
  });
});
