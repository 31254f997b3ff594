import { describe, expect, it } from "vitest";
import { type AgreementOptions, agreement } from "../evaluation/agreement/agreement.ts";
import { edemaTraces, exampleReview } from "../teacher/review/testing/example-reviews.ts";
import { renderAgreement } from "./render-agreement.ts";

const traces = await edemaTraces(20);
const OPTIONS: AgreementOptions = { weights: "quadratic", resamples: 100, seed: 1 };
const read = (reader: string, rejects: number, factual: (index: number) => number) =>
  traces.map((trace, index) =>
    exampleReview(trace, reader, 1, {
      ratings: { factual: factual(index), safe: 5 },
      ...(index < rejects ? { decision: "reject", reasons: ["not visible"] } : {}),
    }),
  );
const ana = read("ana", 8, (index) => 1 + (index % 5));
const ben = read("ben", 10, (index) => 1 + (index % 4));

describe("renderAgreement", () => {
  it("has a line for the decision and for every rating that both gave", () => {
    const text = renderAgreement(agreement(traces, [...ana, ...ben], OPTIONS));
    expect(text).toMatch(/^20 of 20 traces reviewed: ana 20, ben 20$/m);
    expect(text).toMatch(/^ana and ben: 20 traces of 20 patients$/m);
    // The interval of kappa 0.8 from 20 traces: see agreement.spec.ts for the value.
    expect(text).toMatch(/^ {2}decision +20 +0\.900 \[0\.70, 0\.97\] +0\.800 \[0\.5\d, 1\.0\d\] +0\.800 \[/m);
    expect(text).toMatch(/^ {2}factual +20 /m);
    expect(text).toMatch(/^ {2}safe +20 +1\.000 .* undefined: both said the same of every trace$/m);
    expect(text).not.toMatch(/complete|grounded/);
    expect(text).toContain("ratings: quadratically weighted kappa");
    expect(renderAgreement(agreement(traces, [...ana, ...ben], { ...OPTIONS, weights: "none" }))).toContain(
      "ratings: plain kappa",
    );
  });

  it("says why there is no kappa", () => {
    expect(renderAgreement(agreement(traces, ana, OPTIONS))).toBe(
      "20 of 20 traces reviewed: ana 20\nno kappa: one reader has nobody to agree with\n",
    );
    expect(renderAgreement(agreement(traces, [], OPTIONS))).toBe(
      "0 of 20 traces reviewed\nno kappa: nobody has reviewed these traces\n",
    );
    const [stray] = ana;
    const other = agreement(
      traces,
      stray === undefined ? [] : [{ ...stray, trace: "0".repeat(64) }],
      OPTIONS,
    );
    expect(renderAgreement(other)).toContain("1 review left out: of traces that are not among these");
  });
});
