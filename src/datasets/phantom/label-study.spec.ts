import { describe, expect, it } from "vitest";
import { LABELS, type Label, type LabelRow } from "../../labels/label.ts";
import { FINDING_LABELS, type Finding, type FindingLabel, trueLabels } from "./finding.ts";
import { labelStudy } from "./label-study.ts";
import { planSite } from "./plan-site.ts";
import type { Convention, LabelNoise } from "./site.ts";
import {
  NO_NOISE,
  PHANTOM_MIMIC,
  READER_CONVENTION,
  REPORT_CONVENTION,
  REPORT_NOISE,
  TRUTH_CONVENTION,
} from "./sites.ts";

const SEED = 9;
const truths = planSite(PHANTOM_MIMIC, SEED, 6_000).flatMap((patient) =>
  patient.studies.map((study) => ({ names: [patient.index, study.index], findings: study.findings })),
);
const labelAll = (convention: Convention, noise: LabelNoise): LabelRow[] =>
  truths.map(({ names, findings }) => labelStudy(findings, convention, noise, SEED, names));
const positive = (row: LabelRow): Label[] => LABELS.filter((label) => row[label] === 1);

/** Share of rows with the parent written positive, among those with the child written positive. */
function implied(
  rows: readonly LabelRow[],
  parent: Label,
  child: Label,
  alone: readonly Label[] = [],
): number {
  const group = rows.filter((row) => row[child] === 1 && alone.every((other) => row[other] !== 1));
  return group.filter((row) => row[parent] === 1).length / group.length;
}

const CHILDREN = ["Edema", "Consolidation", "Pneumonia", "Atelectasis", "Lung Lesion"] as const;

describe("labelStudy", () => {
  it("writes the truth under the exact convention without noise", () => {
    const rows = labelAll(TRUTH_CONVENTION, NO_NOISE);
    rows.forEach((row, i) => {
      expect(positive(row)).toEqual(trueLabels(truths[i]?.findings ?? []));
      expect(LABELS.every((label) => row[label] === 0 || row[label] === 1)).toBe(true);
    });
  });

  it("as a report labeler adds parents at the stated rates", () => {
    const rows = labelAll(REPORT_CONVENTION, REPORT_NOISE);
    expect(implied(rows, "Enlarged Cardiomediastinum", "Cardiomegaly")).toBeCloseTo(0.07, 1.5);
    for (const child of CHILDREN) {
      const rate = REPORT_CONVENTION.implied["Lung Opacity"]?.[child] ?? Number.NaN;
      const others = CHILDREN.filter((other) => other !== child);
      // Alone the child decides; among others, one of them by lot: still within the range of the five rates.
      expect(Math.abs(implied(rows, "Lung Opacity", child, others) - rate), child).toBeLessThan(0.06);
      expect(implied(rows, "Lung Opacity", child)).toBeGreaterThan(0.38);
      expect(implied(rows, "Lung Opacity", child)).toBeLessThan(0.67);
    }
  });

  it("as a test reader closes upward always, and lets nothing stand beside No Finding", () => {
    const rows = labelAll(READER_CONVENTION, { miss: { faint: 0.2, plain: 0.1 }, invent: 0.02 });
    expect(implied(rows, "Enlarged Cardiomediastinum", "Cardiomegaly")).toBe(1);
    for (const child of CHILDREN) expect(implied(rows, "Lung Opacity", child)).toBe(1);
    for (const row of rows.filter((r) => r["No Finding"] === 1))
      expect(positive(row)).toEqual(["No Finding"]);
    expect(rows.every((row) => LABELS.every((label) => row[label] === 0 || row[label] === 1))).toBe(true);
  });

  it("as a report labeler hedges, negates and leaves blank", () => {
    const rows = labelAll(REPORT_CONVENTION, NO_NOISE);
    // Labels that no other implies, pooled.
    const own = FINDING_LABELS.filter((l) => l !== "Lung Opacity" && l !== "Enlarged Cardiomediastinum");
    const values = rows.flatMap((row) => own.map((label) => row[label]));
    const present = truths.flatMap(({ findings }) => own.map((l) => findings.some((f) => f.label === l)));
    const share = (value: unknown, there: boolean) =>
      values.filter((v, i) => v === value && present[i] === there).length /
      present.filter((p) => p === there).length;
    // Severity is even on [0.15, 1], so the hedge's mean is the value at 0.575.
    expect(share(-1, true)).toBeCloseTo(0.3 - 0.26 * 0.575, 1.5);
    expect(share(1, true) + share(-1, true)).toBe(1);
    expect(share(0, false)).toBeCloseTo(0.12, 1.5);
    expect(share(-1, false)).toBeCloseTo(0.015, 1.5);
    expect(share(null, false)).toBeGreaterThan(0.8);
  });

  it("misses faint findings more often than plain ones, at the stated rates", () => {
    const noise = { miss: { faint: 0.4, plain: 0 }, invent: 0.03 };
    const rate = (severity: number) => {
      const missed = truths.filter(({ names }) => {
        const finding = make("Lung Lesion", severity);
        return labelStudy([finding], TRUTH_CONVENTION, noise, SEED, names)["Lung Lesion"] === 0;
      });
      return missed.length / truths.length;
    };
    expect(rate(1)).toBe(0);
    expect(rate(0.5)).toBeCloseTo(0.2, 1.5);
    const rows = truths.map(({ names }) => labelStudy([], TRUTH_CONVENTION, noise, SEED, names));
    expect(rows.filter((row) => row.Edema === 1).length / rows.length).toBeCloseTo(0.03, 1.7);
  });

  it("noise and convention act independently: errors are the same under every convention", () => {
    const noise = { miss: { faint: 0.5, plain: 0.2 }, invent: 0.05 };
    const exact = labelAll(TRUTH_CONVENTION, noise);
    const closed = labelAll(READER_CONVENTION, noise);
    const free: readonly Label[] = ["Pneumothorax", "Fracture", "Edema", "Pleural Effusion", "Cardiomegaly"];
    for (const label of free) {
      expect(closed.map((row) => row[label])).toEqual(exact.map((row) => row[label]));
    }
  });

  it("No Finding follows its convention about devices", () => {
    const devices = [make("Support Devices", 1)];
    expect(labelStudy(devices, TRUTH_CONVENTION, NO_NOISE, SEED, [0])["No Finding"]).toBe(1);
    expect(labelStudy(devices, READER_CONVENTION, NO_NOISE, SEED, [0])["No Finding"]).toBe(0);
    expect(labelStudy([], READER_CONVENTION, NO_NOISE, SEED, [0])["No Finding"]).toBe(1);
  });
});

function make(label: FindingLabel, severity: number): Finding {
  return { label, severity, side: "left", across: 0.5, down: 0.5, seed: 1 };
}
