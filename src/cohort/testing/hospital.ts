import type { ImageRecord, View } from "../../datasets/record.ts";
import { exampleRecord } from "../../datasets/testing/example-record.ts";
import { LABELS, type Label, labelRow } from "../../labels/label.ts";
import { randomStream } from "../../util/random.ts";

/** A record with these labels positive and the others blank, for specs. */
export function image(id: string, patient: string, labels: readonly Label[], view: View = "AP"): ImageRecord {
  const row = labelRow(Object.fromEntries(labels.map((label) => [label, 1])));
  return exampleRecord({ id, patient, view, site: "here", labels: row });
}

/** Records for specs: patients with one to four images each; some not frontal, some without a label. */
export function hospital(patients: number, seed: number): ImageRecord[] {
  const random = randomStream(seed, "hospital");
  return Array.from({ length: patients }, (_, patient) =>
    Array.from({ length: 1 + random.integer(4) }, (_, at) => {
      const labels = random.chance(0.1) ? [] : [random.pick(LABELS), random.pick(LABELS)];
      const view = random.chance(0.1) ? "lateral" : random.pick(["AP", "PA"] as const);
      return image(`p${patient}i${at}`, `p${patient}`, labels, view);
    }),
  ).flat();
}
