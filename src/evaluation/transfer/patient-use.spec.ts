import { describe, expect, it } from "vitest";
import { UserError } from "../../util/user-error.ts";
import { type PatientUse, refuseUsedPatients } from "./patient-use.ts";

describe("refuseUsedPatients", () => {
  const uses: PatientUse[] = [
    { hospital: "here", patient: "p1", use: "checkpoint" },
    { hospital: "here", patient: "p2", use: "prompt" },
    { hospital: "here", patient: "p1", use: "reward" },
  ];

  it("refuses patients that chose anything, counted once each", () => {
    const refusal = () => refuseUsedPatients("here", ["p0", "p2", "p1"], uses);
    expect(refusal).toThrow(UserError);
    expect(refusal).toThrow(/^here: 2 of 3 test patients \(first: p1\) were used for checkpoint; no verdict/);
  });

  it("knows a patient by hospital and name: the same name elsewhere is another person", () => {
    refuseUsedPatients("there", ["p1", "p2"], uses);
    refuseUsedPatients("here", ["p3"], uses);
  });
});
