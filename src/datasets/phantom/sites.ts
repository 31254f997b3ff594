import type { FindingLabel } from "./finding.ts";
import type { Convention, LabelNoise, PhantomSite, Prevalence, SiteStyle } from "./site.ts";

/** What a rule-based report labeler does to parents: the rates in CheXpert's training table (223,414 rows). */
const REPORT_IMPLICATIONS: Convention["implied"] = {
  "Enlarged Cardiomediastinum": { Cardiomegaly: 0.07 },
  "Lung Opacity": {
    Edema: 0.53,
    Consolidation: 0.38,
    Pneumonia: 0.67,
    Atelectasis: 0.42,
    "Lung Lesion": 0.58,
  },
};
/** Test readers close upward: always, in CheXpert's 500 test studies. */
const READER_IMPLICATIONS: Convention["implied"] = {
  "Enlarged Cardiomediastinum": { Cardiomegaly: 1 },
  "Lung Opacity": { Edema: 1, Consolidation: 1, Pneumonia: 1, Atelectasis: 1, "Lung Lesion": 1 },
};

export const REPORT_CONVENTION: Convention = {
  implied: REPORT_IMPLICATIONS,
  hedge: { faint: 0.3, plain: 0.04 },
  negative: 0.12,
  doubt: 0.015,
  noFinding: "no pathology",
  vocabulary: "chexpert",
};
export const READER_CONVENTION: Convention = {
  implied: READER_IMPLICATIONS,
  hedge: { faint: 0, plain: 0 },
  negative: 1,
  doubt: 0,
  noFinding: "nothing at all",
  vocabulary: "chexpert",
};
export const NIH_CONVENTION: Convention = {
  implied: { "Lung Opacity": { Edema: 0.4, Pneumonia: 0.45, Consolidation: 0.3, Atelectasis: 0.3 } },
  hedge: { faint: 0, plain: 0 },
  negative: 1,
  doubt: 0,
  noFinding: "no pathology",
  vocabulary: "nih",
};
/** Writes exactly what is there. */
export const TRUTH_CONVENTION: Convention = {
  implied: {},
  hedge: { faint: 0, plain: 0 },
  negative: 1,
  doubt: 0,
  noFinding: "no pathology",
  vocabulary: "chexpert",
};

export const NO_NOISE: LabelNoise = { miss: { faint: 0, plain: 0 }, invent: 0 };
export const REPORT_NOISE: LabelNoise = { miss: { faint: 0.4, plain: 0.05 }, invent: 0.012 };
export const READER_NOISE: LabelNoise = { miss: { faint: 0.12, plain: 0.01 }, invent: 0.004 };
export const MINING_NOISE: LabelNoise = { miss: { faint: 0.45, plain: 0.08 }, invent: 0.025 };

const POSE = { turn: 0.07, shift: 0.035, scale: 0.08 };

export const MIMIC_STYLE: SiteStyle = {
  apShare: 0.65,
  brightness: { mean: 0.01, deviation: 0.02 },
  contrast: { mean: 1, deviation: 0.07 },
  noise: [0.01, 0.025],
  blur: [0.2, 0.6],
  collimation: { probability: 0.25, most: 0.04 },
  markers: [
    { text: "L", corner: "top right", probability: 0.7, height: 0.055 },
    { text: "PORT", corner: "bottom right", probability: 0.35, height: 0.035 },
  ],
  pose: POSE,
};
export const CHEXPERT_STYLE: SiteStyle = {
  apShare: 0.8,
  brightness: { mean: -0.03, deviation: 0.025 },
  contrast: { mean: 0.86, deviation: 0.06 },
  noise: [0.008, 0.02],
  blur: [0.4, 0.9],
  collimation: { probability: 0.5, most: 0.06 },
  markers: [
    { text: "R", corner: "top left", probability: 0.8, height: 0.045 },
    { text: "SEN", corner: "top right", probability: 0.3, height: 0.03 },
  ],
  pose: { turn: 0.08, shift: 0.04, scale: 0.08 },
};
export const NIH_STYLE: SiteStyle = {
  apShare: 0.4,
  brightness: { mean: 0.035, deviation: 0.02 },
  contrast: { mean: 1.2, deviation: 0.08 },
  noise: [0.015, 0.035],
  blur: [0, 0.3],
  collimation: { probability: 0.1, most: 0.03 },
  markers: [
    { text: "L", corner: "top right", probability: 0.5, height: 0.07 },
    { text: "HS", corner: "bottom left", probability: 0.3, height: 0.03 },
  ],
  pose: { turn: 0.06, shift: 0.03, scale: 0.07 },
};
/** Everything the others do and more, so that a model made here has seen every style. */
export const NEUTRAL_STYLE: SiteStyle = {
  apShare: 0.5,
  brightness: { mean: 0, deviation: 0.045 },
  contrast: { mean: 1, deviation: 0.15 },
  noise: [0.005, 0.035],
  blur: [0, 0.9],
  collimation: { probability: 0.3, most: 0.05 },
  markers: [
    { text: "L", corner: "top right", probability: 0.4, height: 0.055 },
    { text: "R", corner: "top left", probability: 0.4, height: 0.05 },
    { text: "AP", corner: "bottom left", probability: 0.2, height: 0.035 },
    { text: "PORT", corner: "bottom right", probability: 0.2, height: 0.035 },
  ],
  pose: { turn: 0.09, shift: 0.045, scale: 0.09 },
};

const EVEN: Prevalence = {
  "Enlarged Cardiomediastinum": 0.13,
  Cardiomegaly: 0.17,
  "Lung Opacity": 0.16,
  "Lung Lesion": 0.13,
  Edema: 0.15,
  Consolidation: 0.13,
  Pneumonia: 0.14,
  Atelectasis: 0.16,
  Pneumothorax: 0.13,
  "Pleural Effusion": 0.18,
  "Pleural Other": 0.12,
  Fracture: 0.13,
  "Support Devices": 0.25,
};
const change = (changes: Partial<Record<FindingLabel, number>>): Prevalence => ({ ...EVEN, ...changes });

/** The training hospital: a rule-based report labeler that omits, hedges and leaves blanks. */
export const PHANTOM_MIMIC: PhantomSite = {
  name: "phantom-mimic",
  population: "phantom-mimic",
  format: "mimic-cxr-jpg",
  style: MIMIC_STYLE,
  prevalence: change({ "Pleural Effusion": 0.22, "Lung Opacity": 0.2, "Support Devices": 0.3, Edema: 0.18 }),
  convention: REPORT_CONVENTION,
  noise: REPORT_NOISE,
  shortcut: null,
  splits: { validate: 0.05, test: 0.15 },
  secondFrontal: 0.1,
  laterals: 0.05,
};

/** The first test hospital: careful readers whose labels close upward; its training table is a report labeler's. */
export const PHANTOM_CHEXPERT: PhantomSite = {
  name: "phantom-chexpert",
  population: "phantom-chexpert",
  format: "chexpert",
  style: CHEXPERT_STYLE,
  prevalence: change({ Cardiomegaly: 0.22, Atelectasis: 0.2, Edema: 0.18, "Support Devices": 0.3 }),
  convention: READER_CONVENTION,
  noise: READER_NOISE,
  shortcut: null,
  splits: { validate: 0.1, test: 0.8 },
  training: { convention: REPORT_CONVENTION, noise: REPORT_NOISE },
  secondFrontal: 0.1,
  laterals: 0.1,
};

/** The second test hospital: noisy report mining under other names, and fewer findings a picture. */
export const PHANTOM_NIH: PhantomSite = {
  name: "phantom-nih",
  population: "phantom-nih",
  format: "nih",
  style: NIH_STYLE,
  prevalence: change({
    Cardiomegaly: 0.12,
    Edema: 0.11,
    Pneumonia: 0.11,
    Consolidation: 0.12,
    "Lung Lesion": 0.16,
    "Pleural Effusion": 0.15,
    "Support Devices": 0.18,
  }),
  convention: NIH_CONVENTION,
  noise: MINING_NOISE,
  shortcut: null,
  splits: { validate: 0, test: 0.8 },
  secondFrontal: 0,
  laterals: 0,
};

/** Where the phantom models come from: true findings, every style, no shortcut, patients of its own. */
export const PHANTOM_NEUTRAL: PhantomSite = {
  name: "phantom-neutral",
  population: "phantom-neutral",
  format: "folder",
  style: NEUTRAL_STYLE,
  prevalence: EVEN,
  convention: TRUTH_CONVENTION,
  noise: NO_NOISE,
  shortcut: null,
  splits: { validate: 0, test: 0 },
  secondFrontal: 0,
  laterals: 0,
};

export const PHANTOM_SITES: readonly PhantomSite[] = [
  PHANTOM_MIMIC,
  PHANTOM_CHEXPERT,
  PHANTOM_NIH,
  PHANTOM_NEUTRAL,
];
