import { describe, expect, it } from "vitest";
import { layOutChest } from "./chest.ts";
import { drawFindings, FAINTEST, normalShare } from "./draw-findings.ts";
import { FINDING_LABELS } from "./finding.ts";
import { findingCentre } from "./finding-centre.ts";
import { planPatient } from "./plan-site.ts";
import { PHANTOM_NEUTRAL } from "./sites.ts";

describe("normalShare", () => {
  it("is the normal distribution function (scipy.stats.norm.cdf)", () => {
    expect(normalShare(0)).toBeCloseTo(0.5, 7);
    expect(normalShare(1)).toBeCloseTo(0.8413447460685429, 6);
    expect(normalShare(-1.959963984540054)).toBeCloseTo(0.025, 6);
    expect(normalShare(2.5758293035489004)).toBeCloseTo(0.995, 6);
  });
});

describe("drawFindings", () => {
  const all = Object.fromEntries(
    FINDING_LABELS.map((label) => [label, 1]),
  ) as typeof PHANTOM_NEUTRAL.prevalence;

  it("draws everything at a prevalence of 1, with severities over the faintest", () => {
    const severities = Array.from({ length: 300 }, (_, i) => {
      const findings = drawFindings(1, { patient: ["x", i], study: 0 }, all);
      expect(findings.map((finding) => finding.label)).toEqual(FINDING_LABELS);
      return findings.map((finding) => finding.severity);
    }).flat();
    expect(Math.min(...severities)).toBeGreaterThanOrEqual(FAINTEST);
    expect(Math.max(...severities)).toBeLessThan(1);
    const mean = severities.reduce((a, b) => a + b) / severities.length;
    expect(mean).toBeCloseTo((1 + FAINTEST) / 2, 1.5);
  });

  it("keeps a finding's place from study to study, and gives each study its own severity", () => {
    const [first, second] = [0, 1].map((study) => drawFindings(1, { patient: ["x", 3], study }, all));
    expect(second?.map(({ severity: _, ...place }) => place)).toEqual(
      first?.map(({ severity: _, ...place }) => place),
    );
    expect(second?.map((finding) => finding.severity)).not.toEqual(first?.map((finding) => finding.severity));
  });
});

describe("findingCentre", () => {
  it("lies inside the picture, and on the finding's own side", () => {
    for (let i = 0; i < 100; i++) {
      const patient = planPatient(PHANTOM_NEUTRAL, 2, i);
      for (const { spec } of patient.studies.flatMap((study) => study.images)) {
        const chest = layOutChest(spec.anatomy, spec.posture, spec.findings);
        for (const finding of spec.findings) {
          const { x, y } = findingCentre(chest, finding);
          expect(y).toBeGreaterThan(0.1);
          expect(y).toBeLessThan(0.9);
          const sided = ["Lung Opacity", "Pneumonia", "Pneumothorax", "Pleural Effusion"].includes(
            finding.label,
          );
          if (sided) expect(x > 0.5).toBe(finding.side === "left");
        }
      }
    }
  });
});
