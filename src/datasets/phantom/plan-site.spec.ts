import { describe, expect, it } from "vitest";
import { FINDING_LABELS, trueLabels } from "./finding.ts";
import { planPatient, planSite } from "./plan-site.ts";
import type { PhantomSite } from "./site.ts";
import { CHEXPERT_STYLE, PHANTOM_MIMIC, PHANTOM_NEUTRAL, PHANTOM_SITES, TRUTH_CONVENTION } from "./sites.ts";

const SEED = 5;
const base = PHANTOM_MIMIC;
const studies = (site: PhantomSite, images = 300) =>
  planSite(site, SEED, images).flatMap((patient) => patient.studies);

describe("planPatient", () => {
  it("is a pure function of site, seed and number", () => {
    expect(planPatient(base, SEED, 17)).toEqual(planPatient(base, SEED, 17));
    expect(planPatient(base, SEED, 17)).not.toEqual(planPatient(base, SEED + 1, 17));
    expect(planPatient(base, SEED, 17).anatomy).not.toEqual(planPatient(base, SEED, 18).anatomy);
  });

  it("keeps a patient's anatomy and the places of what persists from study to study", () => {
    const patient = Array.from({ length: 200 }, (_, i) => planPatient(base, SEED, i)).find((p) =>
      p.studies.some((study) =>
        p.studies.some((other) => other !== study && sharedLabel(study.findings, other.findings)),
      ),
    );
    expect(patient).toBeDefined();
    for (const study of patient?.studies ?? []) {
      for (const image of study.images) expect(image.spec.anatomy).toBe(patient?.anatomy);
    }
  });

  it("gives the four sites patients of their own, even with one seed", () => {
    const anatomies = PHANTOM_SITES.map((site) => JSON.stringify(planPatient(site, SEED, 0).anatomy));
    expect(new Set(anatomies).size).toBe(PHANTOM_SITES.length);
  });
});

function sharedLabel(
  a: readonly { label: string; side: string; seed: number }[],
  b: readonly { label: string; side: string; seed: number }[],
): boolean {
  return a.some((x) => b.some((y) => x.label === y.label && x.side === y.side && x.seed === y.seed));
}

describe("the five switches", () => {
  it("style changes exposures and views, not who is ill, how, or when", () => {
    const other = studies({ ...base, style: CHEXPERT_STYLE });
    const before = studies(base);
    expect(other.map((s) => s.findings)).toEqual(before.map((s) => s.findings));
    expect(other.map((s) => s.day)).toEqual(before.map((s) => s.day));
    expect(other.flatMap((s) => s.images.map((i) => i.spec.anatomy))).toEqual(
      before.flatMap((s) => s.images.map((i) => i.spec.anatomy)),
    );
    expect(other.flatMap((s) => s.images.map((i) => i.spec.posture.breath))).toEqual(
      before.flatMap((s) => s.images.map((i) => i.spec.posture.breath)),
    );
    expect(other.flatMap((s) => s.images.map((i) => i.spec.exposure))).not.toEqual(
      before.flatMap((s) => s.images.map((i) => i.spec.exposure)),
    );
  });

  it("prevalence adds or removes that finding and leaves every other one as it was", () => {
    const raised = studies({ ...base, prevalence: { ...base.prevalence, Fracture: 0.5 } });
    const before = studies(base);
    const others = (list: typeof before) =>
      list.map((s) => s.findings.filter((finding) => finding.label !== "Fracture"));
    expect(others(raised)).toEqual(others(before));
    expect(raised.flatMap((s) => s.images.map((i) => i.spec.exposure))).toEqual(
      before.flatMap((s) => s.images.map((i) => i.spec.exposure)),
    );
    // Whoever had one still has the same one.
    const fractures = (list: typeof before) =>
      list.map((s) => s.findings.find((finding) => finding.label === "Fracture"));
    const after = fractures(raised);
    fractures(before).forEach((finding, i) => {
      if (finding) expect(after[i]).toEqual(finding);
    });
    expect(after.filter(Boolean).length).toBeGreaterThan(1.5 * fractures(before).filter(Boolean).length);
  });

  it("convention and label noise change no picture", () => {
    const changed = {
      ...base,
      convention: TRUTH_CONVENTION,
      noise: { miss: { faint: 1, plain: 1 }, invent: 1 },
    };
    expect(planSite(changed, SEED, 100)).toEqual(planSite(base, SEED, 100));
  });

  it("a shortcut changes the mark alone, and goes with its finding as strongly as told", () => {
    const shortcut = { kind: "corner", label: "Edema", whenPresent: 0.9, whenAbsent: 0.1 } as const;
    const planted = studies({ ...base, shortcut }, 3000);
    const before = studies(base, 3000);
    const unmarked = (list: typeof before) =>
      list.map((s) => ({
        ...s,
        images: s.images.map((i) => ({ ...i, spec: { ...i.spec, shortcut: null } })),
      }));
    expect(unmarked(planted)).toEqual(before);
    const share = (withIt: boolean) => {
      const group = planted.filter((s) => s.findings.some((f) => f.label === "Edema") === withIt);
      return group.filter((s) => s.images[0]?.spec.shortcut === "corner").length / group.length;
    };
    expect(share(true)).toBeGreaterThan(0.85);
    expect(share(true)).toBeLessThan(0.95);
    expect(share(false)).toBeGreaterThan(0.08);
    expect(share(false)).toBeLessThan(0.12);
  });
});

describe("planSite", () => {
  it("holds as many frontal pictures as asked, and a larger site begins the same", () => {
    const small = planSite(base, SEED, 60);
    const frontal = small.flatMap((p) =>
      p.studies.flatMap((s) => s.images.filter((i) => i.view !== "lateral")),
    );
    expect(frontal.length).toBe(60);
    const large = planSite(base, SEED, 200);
    expect(large.slice(0, small.length - 1)).toEqual(small.slice(0, -1));
  });

  it("has the prevalences it was given, and findings that go together", () => {
    const images = 6_000;
    const list = planSite(PHANTOM_NEUTRAL, SEED, images).flatMap((p) => p.studies);
    const has = (label: string) => list.map((s) => s.findings.some((f) => f.label === label));
    const share = (flags: boolean[]) => flags.filter(Boolean).length / flags.length;
    for (const label of FINDING_LABELS) {
      // Studies of one patient are alike, so the deviation is a little above the binomial one: 5 of those.
      const p = PHANTOM_NEUTRAL.prevalence[label];
      expect(Math.abs(share(has(label)) - p), label).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / list.length));
    }
    const lift = (a: string, b: string) => {
      const [x, y] = [has(a), has(b)];
      return share(x.map((flag, i) => flag && (y[i] ?? false))) / (share(x) * share(y));
    };
    expect(lift("Cardiomegaly", "Edema")).toBeGreaterThan(1.5);
    expect(lift("Pneumonia", "Consolidation")).toBeGreaterThan(1.4);
    expect(lift("Fracture", "Pneumothorax")).toBeGreaterThan(1.3);
    expect(lift("Fracture", "Edema")).toBeLessThan(1.2);
    const labels = list.map((s) => trueLabels(s.findings));
    const healthy = labels.filter((l) => l.includes("No Finding")).length / list.length;
    expect(healthy).toBeGreaterThan(0.15);
    expect(healthy).toBeLessThan(0.3);
    const mean = labels.reduce((sum, l) => sum + l.length, 0) / list.length;
    expect(mean).toBeGreaterThan(1.8);
    expect(mean).toBeLessThan(2.5);
  });
});
