import { randomStream } from "../../util/random.ts";
import { type Anatomy, drawAnatomy } from "./anatomy.ts";
import { drawExposure } from "./draw-exposure.ts";
import { drawFindings } from "./draw-findings.ts";
import type { Finding } from "./finding.ts";
import type { PhantomSpec } from "./render-phantom.ts";
import type { PhantomSite } from "./site.ts";

/** One picture of a study. A lateral has the study's findings, but only its chest is drawn. */
export interface PlannedImage {
  readonly index: number;
  readonly view: "AP" | "PA" | "lateral";
  readonly spec: PhantomSpec;
}

export interface PlannedStudy {
  readonly index: number;
  /** Days after the patient's first study. */
  readonly day: number;
  readonly findings: readonly Finding[];
  readonly images: readonly PlannedImage[];
}

export type Split = "train" | "validate" | "test";

export interface PlannedPatient {
  readonly index: number;
  readonly sex: "F" | "M";
  /** Years at the first study. */
  readonly age: number;
  readonly split: Split;
  readonly anatomy: Anatomy;
  readonly studies: readonly PlannedStudy[];
}

/** Shares of patients with a second, and of those with a third study. */
const SECOND_STUDY = 0.28;
const THIRD_STUDY = 0.4;

/**
 * Plans one patient: a pure function of site, seed and the patient's number. Each purpose draws from a stream of its
 * own, so a switch changes what it names and nothing else.
 */
export function planPatient(site: PhantomSite, seed: number, index: number): PlannedPatient {
  const patient = [site.population, index] as const;
  const person = randomStream(seed, ...patient, "person");
  const anatomy = drawAnatomy(randomStream(seed, ...patient, "anatomy"));
  const age = Math.round(Math.min(95, Math.max(18, person.normal(58, 16))));
  const place = person.uniform();
  const visits = person.chance(SECOND_STUDY) ? (person.chance(THIRD_STUDY) ? 3 : 2) : 1;
  const { validate, test } = site.splits;
  const studies = Array.from({ length: visits }, (_, study): PlannedStudy => {
    const findings = drawFindings(seed, { patient, study }, site.prevalence);
    return {
      index: study,
      day: study * (20 + randomStream(seed, ...patient, study, "day").integer(200)),
      findings,
      images: planImages(site, seed, patient, study, anatomy, findings),
    };
  });
  return {
    index,
    sex: anatomy.sex,
    age,
    split: place < test ? "test" : place < test + validate ? "validate" : "train",
    anatomy,
    studies,
  };
}

function planImages(
  site: PhantomSite,
  seed: number,
  patient: readonly [string, number],
  study: number,
  anatomy: Anatomy,
  findings: readonly Finding[],
): PlannedImage[] {
  const order = randomStream(seed, ...patient, study, "order");
  const second = order.chance(site.secondFrontal);
  const lateral = order.chance(site.laterals);
  const kinds = ["frontal", ...(second ? ["frontal"] : []), ...(lateral ? ["lateral"] : [])];
  const mark = plantShortcut(site, seed, patient, study, findings);
  return kinds.map((kind, index) => {
    const names = [...patient, study, index] as const;
    const view = randomStream(seed, ...names, "view").uniform() < site.style.apShare ? "AP" : "PA";
    const breath = randomStream(seed, ...names, "breath").uniform();
    return {
      index,
      view: kind === "lateral" ? "lateral" : view,
      spec: {
        anatomy,
        posture: { view, breath },
        findings,
        exposure: drawExposure(randomStream(seed, ...names, "exposure"), site.style),
        shortcut: mark,
      },
    };
  });
}

function plantShortcut(
  site: PhantomSite,
  seed: number,
  patient: readonly [string, number],
  study: number,
  findings: readonly Finding[],
): PhantomSpec["shortcut"] {
  const { shortcut } = site;
  if (!shortcut) return null;
  const present = findings.some((finding) => finding.label === shortcut.label);
  const share = present ? shortcut.whenPresent : shortcut.whenAbsent;
  return randomStream(seed, ...patient, study, "shortcut").chance(share) ? shortcut.kind : null;
}

/**
 * Plans patients in order until the site holds `images` frontal pictures; the last patient's pictures are cut off
 * there. A larger site with the same seed begins with the same patients.
 */
export function planSite(site: PhantomSite, seed: number, images: number): PlannedPatient[] {
  const patients: PlannedPatient[] = [];
  let left = images;
  for (let index = 0; left > 0; index++) {
    const whole = planPatient(site, seed, index);
    const studies: PlannedStudy[] = [];
    for (const study of whole.studies) {
      const kept = study.images.filter((image) => image.view === "lateral" || left-- > 0);
      if (kept.some((image) => image.view !== "lateral")) studies.push({ ...study, images: kept });
    }
    patients.push({ ...whole, studies });
  }
  return patients;
}
