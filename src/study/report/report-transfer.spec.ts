import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Cohort } from "../../cohort/cohort.ts";
import { PACKAGE_ROOT } from "../../engine/python-environment.ts";
import { loadStudy } from "../load-study.ts";
import type { StageContext } from "../stage.ts";
import { reportTransfer } from "./report-transfer.ts";

const empty: Cohort = { name: "t", use: "verdict", rule: "", records: [] };

/** What a study that was read on these hospitals says instead of a verdict. Nothing of its folder is opened. */
async function whyNot(hospitals: readonly string[], ...settings: string[]): Promise<unknown> {
  const study = await loadStudy(path.join(PACKAGE_ROOT, "studies/phantom.yaml"), settings);
  const context = { study } as StageContext;
  const testSets = hospitals.map((data) => ({ data, cohort: empty }));
  return reportTransfer(context, { readings: [], trivial: [], outside: [], testSets });
}

describe("reportTransfer", () => {
  it("says that one hospital gives no verdict", async () => {
    expect(await whyNot(["phantom-nih"])).toEqual({
      outcome: "not judged",
      why: "models were read on phantom-nih alone, and a transfer needs two hospitals",
    });
    expect(await whyNot([])).toMatchObject({ why: "models were read on no hospital" });
  });

  it("says that nothing was trained", async () => {
    const why = await whyNot(["phantom-chexpert", "phantom-nih"], "sft=null", "grpo=null");
    expect(why).toEqual({ outcome: "not judged", why: "the study trains nothing" });
  });

  it("says that no hospital is home", async () => {
    expect(await whyNot(["phantom-nih", "phantom-nih"])).toMatchObject({
      why: expect.stringContaining("no hospital shares the training hospital's labels"),
    });
  });
});
