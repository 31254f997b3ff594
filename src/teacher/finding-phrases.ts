import type { Label } from "../labels/label.ts";

/**
 * What the worded teacher says. Every sentence of a finding belongs to that finding alone, so that the labels follow
 * from the text. No sentence claims a side, a place, a size or a degree: the teacher is given labels only and would
 * have to invent them.
 */
export type Finding = Exclude<Label, "No Finding">;

/** Sentences that state a finding. */
export const FINDING_SENTENCES: Readonly<Record<Finding, readonly string[]>> = {
  Cardiomegaly: [
    "The heart is enlarged.",
    "The cardiac silhouette is enlarged.",
    "Heart size is increased.",
    "The heart is wider than half the chest.",
  ],
  "Enlarged Cardiomediastinum": [
    "The mediastinum is widened.",
    "The mediastinal contour is wide.",
    "The mediastinum is wider than expected.",
    "There is mediastinal widening.",
  ],
  "Lung Opacity": [
    "There is an abnormal lung opacity.",
    "An opacity is seen in the lung.",
    "Lung density is abnormally increased.",
    "There is opacity in the lung.",
  ],
  "Lung Lesion": [
    "A rounded nodule is seen.",
    "There is a focal lung lesion.",
    "A lung mass is seen.",
    "There is a lung nodule.",
  ],
  Edema: [
    "There is pulmonary edema.",
    "The vessels are hazy with septal lines.",
    "Indistinct vessels suggest edema.",
    "The lungs show edema.",
  ],
  Consolidation: [
    "There is airspace consolidation.",
    "Consolidation hides the vessels.",
    "Air bronchograms are seen in consolidation.",
    "A consolidation is seen.",
  ],
  Pneumonia: [
    "The pattern suggests infection.",
    "The appearance is that of pneumonia.",
    "This suggests pneumonia.",
    "Infection is likely.",
  ],
  Atelectasis: [
    "There is volume loss from atelectasis.",
    "Atelectasis is seen.",
    "Volume loss is present.",
    "There are bands of atelectasis.",
  ],
  Pneumothorax: [
    "There is a pneumothorax.",
    "A pleural line has no markings beyond it.",
    "Air is seen in the pleural space.",
    "A pneumothorax is present.",
  ],
  "Pleural Effusion": [
    "There is a pleural effusion.",
    "Pleural fluid is present.",
    "Fluid blunts the costophrenic angle.",
    "A meniscus of pleural fluid is seen.",
  ],
  "Pleural Other": [
    "The pleura is thickened.",
    "There is pleural thickening.",
    "A pleural plaque is seen.",
    "Pleural thickening is present.",
  ],
  Fracture: [
    "There is a fracture.",
    "A fracture is seen.",
    "A bone is broken.",
    "A fracture line is present.",
  ],
  "Support Devices": [
    "Support devices are in place.",
    "A support device is seen.",
    "A line or tube is in place.",
    "Hardware projects over the chest.",
  ],
};

/** A finding as a noun, for lists and conclusions. */
export const FINDING_NOUNS: Readonly<Record<Finding, readonly string[]>> = {
  Cardiomegaly: ["an enlarged heart", "cardiomegaly"],
  "Enlarged Cardiomediastinum": ["a widened mediastinum", "mediastinal widening"],
  "Lung Opacity": ["opacity", "an opacity"],
  "Lung Lesion": ["a nodule", "a mass", "a focal lesion"],
  Edema: ["edema", "hazy vessels"],
  Consolidation: ["consolidation", "an airspace consolidation"],
  Pneumonia: ["pneumonia", "signs of infection"],
  Atelectasis: ["atelectasis", "volume loss"],
  Pneumothorax: ["a pneumothorax", "pleural air"],
  "Pleural Effusion": ["an effusion", "pleural fluid"],
  "Pleural Other": ["pleural thickening", "a pleural plaque"],
  Fracture: ["a fracture", "a broken bone"],
  "Support Devices": ["support devices", "a line or tube"],
};

/** The regions of a reading, in reading order, with the findings that belong to each. */
export const REGIONS = {
  heart: ["Cardiomegaly"],
  mediastinum: ["Enlarged Cardiomediastinum"],
  lungs: ["Lung Opacity", "Lung Lesion", "Edema", "Consolidation", "Pneumonia", "Atelectasis"],
  pleura: ["Pneumothorax", "Pleural Effusion", "Pleural Other"],
  bones: ["Fracture"],
  devices: ["Support Devices"],
} as const satisfies Record<string, readonly Finding[]>;

export type Region = keyof typeof REGIONS;

/** Sentences for a region with none of its findings. */
export const NORMAL_SENTENCES: Readonly<Record<Region, readonly string[]>> = {
  heart: ["Heart size is normal.", "The heart is not enlarged.", "The cardiac silhouette is normal in size."],
  mediastinum: [
    "The mediastinum is normal.",
    "Mediastinal contours are normal.",
    "The mediastinum is not widened.",
  ],
  lungs: [
    "The lungs are clear.",
    "Both lungs are clear.",
    "The lung fields are clear.",
    "No focal lung abnormality is seen.",
  ],
  pleura: [
    "No effusion or pneumothorax is seen.",
    "The pleural spaces are clear.",
    "There is no pleural fluid or air.",
  ],
  bones: ["The bones are intact.", "No fracture is seen.", "The ribs and clavicles are intact."],
  devices: ["No lines or tubes are seen.", "There are no support devices.", "No device is seen."],
};

/** Sentences that stand for No Finding, and only for it. */
export const NO_FINDING_SENTENCES: readonly string[] = [
  "No acute abnormality is seen.",
  "This is a normal chest.",
  "There is no acute disease.",
  "Overall the chest is normal.",
];
