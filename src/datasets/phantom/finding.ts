import { LABELS, type Label } from "../../labels/label.ts";

/** What can be drawn: the 12 pathologies and Support Devices. `No Finding` is their absence, never drawn. */
export type FindingLabel = Exclude<Label, "No Finding">;

export const FINDING_LABELS: readonly FindingLabel[] = LABELS.filter(
  (label): label is FindingLabel => label !== "No Finding",
);

/** The 12 that rule out No Finding; a device is no disease. */
export const PATHOLOGY_LABELS: readonly FindingLabel[] = FINDING_LABELS.filter(
  (label) => label !== "Support Devices",
);

/** The patient's side: the right lung lies on the left of the picture. */
export type Side = "right" | "left";

/** A finding as the world knows it. Only a sidecar file and the renderer ever see one. */
export interface Finding {
  readonly label: FindingLabel;
  /** In (0, 1]: 0 would be invisible, 1 is plain to anybody. */
  readonly severity: number;
  /** The side it is drawn on; findings without one (a wide heart, edema) ignore it. */
  readonly side: Side;
  /** Where within the places this finding can take, both in [0, 1): across (or which kind), and downwards. */
  readonly across: number;
  readonly down: number;
  /** Seed of its finer detail: the blobs of a pneumonia, the ribs that are broken. */
  readonly seed: number;
}

/** The labels a reader who saw everything would write, in canonical order. */
export function trueLabels(findings: readonly Finding[]): Label[] {
  const drawn = new Set<Label>(findings.map((finding) => finding.label));
  const healthy = PATHOLOGY_LABELS.every((label) => !drawn.has(label));
  return LABELS.filter((label) => (label === "No Finding" ? healthy : drawn.has(label)));
}
