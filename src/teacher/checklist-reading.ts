import type { View } from "../datasets/record.ts";
import type { Label } from "../labels/label.ts";
import type { RandomStream } from "../util/random.ts";
import { FINDING_NOUNS, type Region } from "./finding-phrases.ts";
import { findingsOf, joinNouns } from "./free-reading.ts";

interface Step {
  readonly title: string;
  /** The region whose findings the step states; null where no label belongs to it. */
  readonly region: Region | null;
}

/** The twelve steps of Reasoning A, in the prompt's order. */
export const CHECKLIST_STEPS: readonly Step[] = [
  { title: "Quality", region: null },
  { title: "Devices", region: "devices" },
  { title: "Airway", region: null },
  { title: "Mediastinum", region: "mediastinum" },
  { title: "Heart", region: "heart" },
  { title: "Hila", region: null },
  { title: "Lungs", region: "lungs" },
  { title: "Pleura", region: "pleura" },
  { title: "Diaphragm", region: null },
  { title: "Bones", region: "bones" },
  { title: "Soft tissue", region: null },
  { title: "Review areas", region: null },
];

/** What a step says when its region holds no finding. */
export const NORMAL_STEPS: Readonly<Record<Region, readonly string[]>> = {
  devices: ["none", "no lines or tubes"],
  mediastinum: ["normal width", "normal"],
  heart: ["normal size", "not enlarged"],
  lungs: ["clear", "clear in all zones"],
  pleura: ["no fluid or air", "clear"],
  bones: ["intact", "no fracture"],
};

/** What a step without a label of its own says: nothing is known of it from the labels, so nothing is claimed. */
export const PLAIN_STEPS: readonly string[] = ["nothing to add", "unremarkable"];
export const NO_FINDING_STEP = "nothing abnormal in any step";
export const VIEW_STEPS: Readonly<Record<View, string>> = {
  AP: "AP view",
  PA: "PA view",
  frontal: "frontal view",
  lateral: "lateral view",
  unknown: "chest view",
};

/** The labels put into words as the twelve numbered steps of Reasoning A, one line each. */
export function checklistReading(labels: readonly Label[], view: View, stream: RandomStream): string {
  const said = (step: Step): string => {
    if (step.title === "Quality") return VIEW_STEPS[view];
    if (step.title === "Review areas" && labels.includes("No Finding")) return NO_FINDING_STEP;
    if (step.region === null) return stream.pick(PLAIN_STEPS);
    const findings = findingsOf(step.region, labels);
    if (findings.length === 0) return stream.pick(NORMAL_STEPS[step.region]);
    return joinNouns(findings.map((finding) => stream.pick(FINDING_NOUNS[finding])));
  };
  return CHECKLIST_STEPS.map((step, index) => `${index + 1}. ${step.title}: ${said(step)}.`).join("\n");
}
