import { describe, expect, it } from "vitest";
import { LABELS } from "../../labels/label.ts";
import { NIH_STATED } from "../../labels/nih.ts";
import { UserError } from "../../util/user-error.ts";
import { chooseHospitals, roleOf, type TransferHospital } from "./hospital-role.ts";

const mimic = { name: "mimic", stated: LABELS };
const hospital = (name: string, role: TransferHospital["role"]): TransferHospital => ({
  name,
  role,
  stated: role === "other-schema" ? NIH_STATED : LABELS,
});

describe("roleOf", () => {
  it("goes by name, then by what a hospital can state", () => {
    expect(roleOf(mimic, mimic)).toBe("source");
    expect(roleOf({ name: "chexpert", stated: [...LABELS].reverse() }, mimic)).toBe("same-schema");
    expect(roleOf({ name: "nih", stated: NIH_STATED }, mimic)).toBe("other-schema");
  });
});

describe("chooseHospitals", () => {
  const all = [
    hospital("nih", "other-schema"),
    hospital("chexpert", "same-schema"),
    hospital("mimic", "source"),
  ];
  const names = (asked: Parameters<typeof chooseHospitals>[1], of = all) => {
    const { home, away } = chooseHospitals(of, asked);
    return [home.name, ...away.map(({ name }) => name)];
  };

  it("takes the source for home, else a hospital of its schema, and all others for away", () => {
    expect(names({})).toEqual(["mimic", "nih", "chexpert"]);
    expect(names({}, all.slice(0, 2))).toEqual(["chexpert", "nih"]);
  });

  it("takes what is asked for, each once", () => {
    expect(names({ home: "nih", away: ["mimic", "mimic"] })).toEqual(["nih", "mimic"]);
  });

  it.each([
    [{ home: "padchest" }, all, "--home padchest: no model was read there; give one of nih, chexpert, mimic"],
    [{ away: ["padchest"] }, all, "--away padchest: no model was read there"],
    [{ home: "nih", away: ["nih"] }, all, "--away nih: that is the home hospital"],
    [{}, all.slice(1, 2), "transfer needs two hospitals, and models were read on chexpert alone"],
    [{}, all.slice(0, 1), "no hospital of nih shares the training hospital's labels: name one by --home"],
  ])("refuses %o", (asked, of, message) => {
    const refusal = () => chooseHospitals(of, asked);
    expect(refusal).toThrow(UserError);
    expect(refusal).toThrow(message);
  });
});
